"""The producer's side: tells digests and ids of what it has published, and publishes again what is asked for."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from chassis.broker import Broker
from chassis.database import Database
from chassis.faults import problem_of
from chassis.logs import log
from chassis.reconciliation import queries
from chassis.reconciliation.schemas import (
    IDS_PAGE,
    DigestAsked,
    DigestTold,
    IdsAsked,
    IdsTold,
    Refused,
    ReplayAsked,
    ReplayTold,
)

Q = TypeVar("Q", DigestAsked | IdsAsked, ReplayAsked)

SETTLED = timedelta(minutes=1)
"""A transaction ends within 5 s; what is older than this and not there will not come late."""

_DIGEST: TypeAdapter[DigestAsked | IdsAsked] = TypeAdapter(IdsAsked | DigestAsked)
_REPLAY = TypeAdapter(ReplayAsked)


class Answers:
    """What one service answers to those who react to its events; any number of processes share the questions."""

    def __init__(
        self, database: Database, broker: Broker, types: Collection[str], published: Callable[[], None]
    ) -> None:
        """`database` is the worker's, `types` what this service publishes; `published` wakes the relay."""
        self._database, self._types, self._published = database, frozenset(types), published
        broker.answer("digest", self.digest)
        broker.answer("replay", self.replay)

    async def digest(self, question: bytes) -> bytes:
        """The answer to `DigestAsked` or `IdsAsked`."""
        return await self._answer(question, _DIGEST, self._digest)

    async def replay(self, question: bytes) -> bytes:
        """The answer to `ReplayAsked`: the pointers are back in the outbox when it goes out."""
        return await self._answer(question, _REPLAY, self._replay)

    async def _answer(self, question: bytes, kind: TypeAdapter[Q], tell: Callable[[Q], Awaitable[BaseModel]]) -> bytes:
        try:
            asked = kind.validate_json(question)
            told = Refused(refused="foreign type") if set(asked.types) - self._types else await tell(asked)
        except ValidationError:
            told = Refused(refused="unreadable")
        except Exception as error:
            log.warning("a question about events could not be answered", exc_info=problem_of(error, {}) is None)
            told = Refused(refused="unavailable")
        return told.model_dump_json().encode()

    async def _digest(self, asked: DigestAsked | IdsAsked) -> BaseModel:
        if isinstance(asked, IdsAsked):
            values = (asked.types, asked.since, asked.until, asked.after, IDS_PAGE)
            async with self._database.connection() as (_, driver):
                return IdsTold(ids=[row["id"] for row in await driver.fetch(queries.JOURNAL_IDS, *values)])
        settled = self._database.clock() - SETTLED
        async with self._database.connection() as (_, driver):
            first: datetime | None = asked.since or await driver.fetchval(queries.FIRST)
            since = min(first or settled, settled)
            until = await queries.page_end(driver, since, settled)
            hours = await queries.digests(driver, queries.JOURNAL_DIGESTS, asked.types, since, until)
            waiting: datetime | None = await driver.fetchval(queries.OLDEST_WAITING)
        # The journal's order is that of commits, which may differ from that of times by the length of a transaction.
        out_through = min(until, until if waiting is None else waiting - SETTLED)
        return DigestTold(since=since, until=until, hours=hours, more=until < settled, out_through=out_through)

    async def _replay(self, asked: ReplayAsked) -> BaseModel:
        values = (asked.types, asked.since, asked.until, asked.ids)
        async with self._database.connection() as (_, driver):
            put = await driver.fetch(queries.REPLAY, *values)
        self._published()
        log.debug("events go out again", events=len(put), asked=len(asked.ids))
        return ReplayTold(replayed=len(put))
