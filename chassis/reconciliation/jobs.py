"""When a service compares with its producers: at start, when its durable was lost, every hour, and when asked to."""

import asyncio
import random
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chassis.broker import Broker, BrokerAwayError
from chassis.database import Database
from chassis.faults import problem_of
from chassis.logs import log
from chassis.loops import wanted
from chassis.metrics import MISSING_EVENTS, RECONCILED_AT, RECONCILIATION_FAILURES
from chassis.reconciliation import rules
from chassis.reconciliation.comparison import BehindError, Comparison, Outcome, RefusedError

IDLE_SECONDS = 2.0
LEASE = timedelta(minutes=2)
SHOWN_FAILURES = 3
"""A producer that starts later than we do is no fault yet."""

WISH = """
INSERT INTO reconciliation AS known (producer, due_at, hours, differing, missing, replayed, failures)
SELECT producer, $2, 0, 0, 0, 0, 0 FROM unnest($1::text[]) AS wished (producer)
ON CONFLICT (producer) DO UPDATE SET due_at = least(known.due_at, $2)
"""
READ = "SELECT producer, due_at, finished_at, failures, fault FROM reconciliation WHERE producer = ANY($1::text[])"
# Taken by one process alone; should that one die, by another after the lease.
CLAIM = """
UPDATE reconciliation SET leased_until = $2, due_at = $3 WHERE producer = (
    SELECT producer FROM reconciliation
    WHERE producer = ANY($4::text[]) AND due_at <= $1 AND (leased_until IS NULL OR leased_until < $1)
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING producer, failures, missing
"""
RENEW = "UPDATE reconciliation SET leased_until = $2 WHERE producer = $1"
# A wish that came meanwhile stands: the next one is due at the earlier of both.
FINISHED = """
UPDATE reconciliation SET leased_until = NULL, finished_at = $2, due_at = least(due_at, $3), hours = $4,
    differing = $5, missing = $6, replayed = $7, failures = 0, fault = NULL
WHERE producer = $1
"""
PUT_OFF = """
UPDATE reconciliation SET leased_until = NULL, due_at = least(due_at, $2), failures = $3, fault = $4 WHERE producer = $1
"""


class Reconciler:
    """Compares one service with all whose events it reacts to; any number of processes may do so."""

    def __init__(self, database: Database, broker: Broker, contracts: Mapping[str, Collection[str]]) -> None:
        """`database` is the worker's, `contracts` the types that the service reacts to, by producer."""
        self._database, self._broker, self._contracts = database, broker, contracts
        for producer in contracts:
            MISSING_EVENTS.labels(producer)  # shows from the start, so that the first one is an increase
        self._fault: str | None = None

    def fault(self) -> str | None:
        """With whom no comparison succeeds, in whichever process it was tried; None when all is well."""
        return self._fault

    async def wish(self, producer: str) -> None:
        """Have a comparison soon, by whichever process."""
        await self._wish([producer])

    async def run(self) -> None:
        """Works until cancelled; returns at once when there is nothing to react to."""
        armed = not self._contracts
        while self._contracts and wanted():
            compared = False
            try:
                if not armed:
                    await self._wish(list(self._contracts))
                    armed = True
                compared = await self.compare_due()
            except Exception as error:
                known = problem_of(error, {}) is not None
                log.warning("what is to be compared could not be read", exc_info=not known)
            if not compared:
                await asyncio.sleep(IDLE_SECONDS)

    async def compare_due(self) -> bool:
        """Make the comparison that is due longest, if one is; whether there was one."""
        now = self._database.clock()
        async with self._database.connection() as (_, driver):
            rows = await driver.fetch(READ, list(self._contracts))
        self._show(rows)
        if all(row["due_at"] > now for row in rows):
            return False
        hourly = now + rules.EVERY * random.uniform(0.9, 1.1)  # noqa: S311
        async with self._database.connection() as (_, driver):
            row = await driver.fetchrow(CLAIM, now, now + LEASE, hourly, list(self._contracts))
        if row is None:
            return False
        await self._compare(row["producer"], row["failures"], found_before=bool(row["missing"]))
        return True

    async def _compare(self, producer: str, failures: int, *, found_before: bool) -> None:
        comparison = Comparison(self._database, self._broker, producer, partial(self._renew, producer))
        try:
            outcome = await comparison.run(self._contracts[producer])
        except BehindError:
            await self._change(PUT_OFF, producer, self._in(rules.BEHIND), failures, None)
        except (BrokerAwayError, RefusedError) as error:
            await self._failed(producer, failures + 1, str(error))
        except Exception as error:
            log.warning("a comparison failed", producer=producer, exc_info=problem_of(error, {}) is None)
            await self._failed(producer, failures + 1, type(error).__name__)
        else:
            await self._finished(producer, outcome, found_before=found_before)

    async def _finished(self, producer: str, outcome: Outcome, *, found_before: bool) -> None:
        verify = outcome.missing > 0 and not found_before
        due, figures = self._in(rules.AGAIN if verify else rules.EVERY), (outcome.hours, outcome.differing)
        values = (*figures, outcome.missing, outcome.replayed)
        await self._change(FINISHED, producer, self._database.clock(), due, *values)
        say = log.warning if outcome.missing else log.info
        say(
            "events were compared",
            producer=producer,
            hours=outcome.hours,
            differing=outcome.differing,
            missing=outcome.missing,
            replayed=outcome.replayed,
        )

    async def _failed(self, producer: str, failures: int, fault: str) -> None:
        RECONCILIATION_FAILURES.labels(producer).inc()
        log.info("events could not be compared", producer=producer, reason=fault, failures=failures)
        await self._change(PUT_OFF, producer, self._in(rules.retry_after(failures)), failures, fault)

    def _show(self, rows: list[Any]) -> None:
        faults = [f"{row['producer']}: {row['fault']}" for row in rows if row["failures"] >= SHOWN_FAILURES]
        self._fault = "; ".join(sorted(faults)) or None
        for row in rows:
            if row["finished_at"] is not None:
                RECONCILED_AT.labels(row["producer"]).set(row["finished_at"].timestamp())

    def _in(self, wait: timedelta) -> datetime:
        return self._database.clock() + wait

    async def _renew(self, producer: str) -> None:
        await self._change(RENEW, producer, self._in(LEASE))

    async def _wish(self, producers: list[str]) -> None:
        await self._change(WISH, producers, self._database.clock())

    async def _change(self, statement: str, *values: Any) -> None:
        async with self._database.connection() as (_, driver):
            await driver.execute(statement, *values)
