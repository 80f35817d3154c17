"""The relay: takes what the journal has to tell from the outbox to the broker; any number may run at once."""

import asyncio
from contextlib import suppress
from typing import Any

from chassis.broker import LARGEST_BATCH, Broker, BrokerAwayError, Message, subject_of
from chassis.database import Database
from chassis.envelopes import write_envelope
from chassis.faults import problem_of
from chassis.logs import log
from chassis.loops import wanted
from chassis.metrics import PUBLISHED, RELAY_FAILURES

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
SHORTEST_OUTAGE, LONGEST_OUTAGE = 0.1, 2.0

# Rows that another relay works on are passed over; a row that is committed late has a low seq and still comes first.
# They are taken out at once, and for good when what they point at is published and the transaction committed.
CLAIM = """
WITH claimed AS (
    DELETE FROM outbox
    WHERE seq = ANY(ARRAY(SELECT seq FROM outbox ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING seq, provider_id
)
SELECT seq, provider_id, id, type, subject, version, actor, at, correlation, causation, data::text AS data
FROM claimed JOIN journal USING (provider_id, seq)
ORDER BY seq
"""
PUT_BACK = "INSERT INTO outbox (seq, provider_id) VALUES ($1, $2)"


class Relay:
    """Publishes one service's outbox, in the order of the journal as far as it is there to be seen."""

    def __init__(self, database: Database, broker: Broker) -> None:
        """`database` is the worker's, whose role reads every provider's journal."""
        self._database = database
        self._broker = broker
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Tells that the outbox has something new; called after a commit."""
        self._woken.set()

    async def run(self) -> None:
        """Works until cancelled; an outage is logged when it begins, and waited out."""
        pause, outage = SHORTEST_PAUSE, 0.0
        while wanted():
            self._woken.clear()
            try:
                published = await self.publish_waiting()
            except Exception as error:
                _note(error, first=not outage)
                outage = min(max(2 * outage, SHORTEST_OUTAGE), LONGEST_OUTAGE)
                await asyncio.sleep(outage)
                continue
            outage = 0.0
            if published < LARGEST_BATCH:
                pause = SHORTEST_PAUSE if published else min(2 * pause, LONGEST_PAUSE)
                await self._pause(pause)

    async def publish_waiting(self) -> int:
        """Publishes at most 1,000 waiting entries and takes them out of the outbox; returns how many.

        Publishing comes before the commit: what is interrupted in between is published again, and known by its id.
        Raises `BrokerAwayError` or the database's exceptions.
        """
        await self._broker.ensure_stream()
        async with self._database.connection() as (_, driver):
            rows = await driver.fetch(CLAIM, LARGEST_BATCH)
            if not rows:
                return 0
            stored = await self._broker.publish_batch([self._message(row) for row in rows])
            left = [(row["seq"], row["provider_id"]) for row in rows if row["id"] not in stored]
            if left:
                await driver.executemany(PUT_BACK, left)
        published = len(rows) - len(left)
        PUBLISHED.inc(published)
        return published

    def _message(self, row: Any) -> Message:
        return Message(subject_of(row["type"]), row["id"], write_envelope(self._broker.service, row))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


def _note(error: Exception, *, first: bool) -> None:
    RELAY_FAILURES.inc()
    known = isinstance(error, BrokerAwayError) or problem_of(error, {}) is not None
    if not known:
        log.error("the outbox could not be published", exc_info=True)
    elif first:
        log.warning("the outbox waits", reason=str(error) or type(error).__name__)
