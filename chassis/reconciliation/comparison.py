"""The consumer's side of one comparison: digests, then ids where they differ, then a replay of what is missing."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from chassis.broker import Broker, BrokerAwayError
from chassis.database import Database
from chassis.deliveries import has_dealt_with, last_sequence
from chassis.logs import log
from chassis.metrics import MISSING_EVENTS, REPLAYED_EVENTS
from chassis.reconciliation import queries, rules
from chassis.reconciliation.schemas import (
    IDS_PAGE,
    REPLAY_PAGE,
    DigestAsked,
    DigestTold,
    IdsAsked,
    IdsTold,
    Refused,
    ReplayAsked,
    ReplayTold,
)

T = TypeVar("T", bound=BaseModel)

# A producer's statement ends after 5 s.
ANSWER_SECONDS = 15.0
PATIENCE_SECONDS, TICK_SECONDS = 30.0, 0.25
NOBODY = UUID(int=0)

STARTS = """
SELECT asked.type, coalesce(reconciled.through, (SELECT min(handled_at) FROM inbox WHERE inbox.type IS NULL)) AS through
FROM unnest($1::text[]) AS asked (type) LEFT JOIN reconciled USING (type)
"""
COMPLETE = """
INSERT INTO reconciled AS known (type, through) SELECT type, $2 FROM unnest($1::text[]) AS complete (type)
ON CONFLICT (type) DO UPDATE SET through = greatest(known.through, excluded.through)
"""


class BehindError(Exception):
    """The stream still has events for this service: what looks missing may only be on its way."""


class RefusedError(Exception):
    """The producer does not answer the question; the reason is its own word."""


@dataclass(slots=True)
class Outcome:
    """What a comparison found: hours with events, those that differed, events missing, and those sent out again."""

    hours: int = 0
    differing: int = 0
    missing: int = 0
    replayed: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One service's comparison with one producer; `alive` is called before each page, so that others see it goes on."""

    database: Database
    broker: Broker
    producer: str
    alive: Callable[[], Awaitable[None]]

    async def run(self, types: Collection[str]) -> Outcome:
        """Compare all events of these types.

        A type is compared from where it was last known to be complete, at least 8 days back; a type that never was,
        from the first event the producer has. Raises `BehindError`, `RefusedError`, `BrokerAwayError`, or what the
        database raises; what was asked for until then goes out.
        """
        outcome = Outcome()
        await self._catch_up(await last_sequence(self.broker, self.producer))
        for since, group in (await self._starts(types)).items():
            missing = outcome.missing
            through = await self._compare(group, since, outcome)
            if outcome.missing == missing:
                async with self.database.connection() as (_, driver):
                    await driver.execute(COMPLETE, group, through)
        return outcome

    async def _starts(self, types: Collection[str]) -> dict[datetime | None, list[str]]:
        least = self.database.clock() - rules.COMPARED
        starts: defaultdict[datetime | None, list[str]] = defaultdict(list)
        async with self.database.connection() as (_, driver):
            for row in await driver.fetch(STARTS, sorted(types)):
                starts[None if row["through"] is None else min(row["through"], least)].append(row["type"])
        return starts

    async def _compare(self, types: list[str], since: datetime | None, outcome: Outcome) -> datetime:
        """Compare from an instant on; returns until when everything is out."""
        while True:
            await self.alive()
            told = await self._ask("digest", DigestAsked(types=types, since=since), DigestTold)
            async with self.database.connection() as (_, driver):
                ours = await queries.digests(driver, queries.INBOX_DIGESTS, types, told.since, told.until)
            found = rules.differing(told.hours, ours)
            outcome.hours += len(told.hours)
            outcome.differing += len(found)
            for hour in found:
                await self._complete(types, *rules.within(hour, told.since, told.until), outcome)
            if not told.more:
                return told.out_through
            since = told.until

    async def _complete(self, types: list[str], since: datetime, until: datetime, outcome: Outcome) -> None:
        """Find what is missing between two instants, and ask for it."""
        async for ids in self._ids(types, since, until):
            if not await self._unknown(ids):
                continue
            # All that was told is in the stream by now: what is handled up to its end is not missing.
            await self._catch_up(await last_sequence(self.broker, self.producer))
            missing = await self._unknown(ids)
            for place in range(0, len(missing), REPLAY_PAGE):
                page = missing[place : place + REPLAY_PAGE]
                asked = ReplayAsked(types=types, since=since, until=until, ids=page)
                replayed = (await self._ask("replay", asked, ReplayTold)).replayed
                outcome.missing += len(page)
                outcome.replayed += replayed
                MISSING_EVENTS.labels(self.producer).inc(len(page))
                REPLAYED_EVENTS.labels(self.producer).inc(replayed)
                log.debug("events were missing", producer=self.producer, missing=len(page), replayed=replayed)

    async def _ids(self, types: list[str], since: datetime, until: datetime) -> AsyncIterator[list[UUID]]:
        after = NOBODY
        while True:
            await self.alive()
            asked = IdsAsked(types=types, since=since, until=until, after=after)
            ids = (await self._ask("digest", asked, IdsTold)).ids
            yield ids
            if len(ids) < IDS_PAGE:
                return
            after = ids[-1]

    async def _unknown(self, ids: list[UUID]) -> list[UUID]:
        async with self.database.connection() as (_, driver):
            return await queries.unknown(driver, ids)

    async def _catch_up(self, sequence: int) -> None:
        """Wait until this service has dealt with the stream up to a place; raises `BehindError` after 30 s."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while not await has_dealt_with(self.broker, self.producer, sequence):
            if loop.time() > until:
                raise BehindError
            await asyncio.sleep(TICK_SECONDS)

    async def _ask(self, verb: str, question: BaseModel, kind: type[T]) -> T:
        answer = await self.broker.ask(self.producer, verb, question.model_dump_json().encode(), ANSWER_SECONDS)
        try:
            return kind.model_validate_json(answer)
        except ValidationError:
            pass
        try:
            raise RefusedError(Refused.model_validate_json(answer).refused)
        except ValidationError:
            raise BrokerAwayError("the answer cannot be read") from None
