"""What operators watch of a service's database and of its consumers, measured by its worker."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chassis.broker import Broker, BrokerAwayError
from chassis.database import Database
from chassis.deliveries import waiting
from chassis.logs import log
from chassis.loops import wanted
from chassis.metrics import CALENDAR_DAYS, DEAD_LETTERS_KEPT, OUTBOX_SECONDS, PENDING, TIMER_SECONDS, WATCHED_AT

EVERY_SECONDS = 15.0
UNKNOWN = float("nan")
LOOK = """
SELECT
    (SELECT at FROM outbox JOIN journal USING (provider_id, seq) ORDER BY seq LIMIT 1) AS outbox,
    (SELECT min(due_at) FROM timer) AS timer,
    (SELECT count(*) FROM dead_letter) AS letters,
    (
        SELECT min((state #>> '{calendar,official_through}')::date) FROM provider WHERE state ->> 'life' = 'active'
    ) AS official_through
"""


class Watch:
    """Keeps the figures of one service; any number of these may run at once."""

    def __init__(self, database: Database, broker: Broker, producers: Iterable[str]) -> None:
        """`database` is the worker's, whose role reads every provider's journal; `producers` are those heeded."""
        self._database, self._broker, self._producers = database, broker, tuple(producers)

    async def run(self) -> None:
        """Works until cancelled; what cannot be read stays as it was read last, and its age shows."""
        self._note()
        while wanted():
            try:
                await self.look()
            except Exception:
                log.warning("the figures of the database could not be read", exc_info=True)
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Measures once."""
        async with self._database.connection() as (_, driver):
            found: Mapping[str, Any] = await driver.fetchrow(LOOK)
        now = self._database.clock()
        OUTBOX_SECONDS.set(_since(found["outbox"], now))
        TIMER_SECONDS.set(_since(found["timer"], now))
        DEAD_LETTERS_KEPT.set(found["letters"])
        through = found["official_through"]
        CALENDAR_DAYS.set(UNKNOWN if through is None else (through - now.date()).days)
        self._note()
        for producer in self._producers:
            PENDING.labels(producer).set(await self._pending(producer))

    async def _pending(self, producer: str) -> float:
        try:
            return await waiting(self._broker, producer)
        except BrokerAwayError:  # which shows as `degraded`
            return UNKNOWN

    def _note(self) -> None:
        WATCHED_AT.set(self._database.clock().timestamp())


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max((now - at).total_seconds(), 0.0)
