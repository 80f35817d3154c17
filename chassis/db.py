"""The unit of work: one transaction of one provider, with its records, its journal and its outbox."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from chassis import errors
from chassis.actors import Who
from chassis.clock import Clock, utc_now
from chassis.ids import new_id
from chassis.sealing import Vault
from chassis.settings import Settings
from chassis.tables import Base, Record
from contracts.base import Event

R = TypeVar("R", bound=Record)

INSTALLATION = UUID(int=0)
"""Stands where a provider's id would, for what belongs to no provider."""

STATEMENT_SECONDS, LOCK_SECONDS, POOL_SECONDS, TRANSACTION_SECONDS = 5, 2, 2, 5
SERVER_SETTINGS = {
    "application_name": "surety",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "transaction_timeout": f"{TRANSACTION_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{TRANSACTION_SECONDS}s",
    "jit": "off",
}

# Journal and outbox in one round trip; the entries of one transaction come as columns.
WRITE_JOURNAL = """
WITH entry AS (
    INSERT INTO journal (provider_id, id, type, subject, version, actor, at, correlation, causation, clause, data)
    SELECT $1, id, type, subject, version, $2, $3, $4, $5, clause, data::jsonb
    FROM unnest($6::uuid[], $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::text[])
        AS entry (id, type, subject, version, clause, data)
    RETURNING seq, provider_id
)
INSERT INTO outbox (seq, provider_id) SELECT seq, provider_id FROM entry
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry to be written when the unit of work is committed."""

    id: UUID
    subject: UUID
    version: int
    event: Event


@dataclass(slots=True)
class UnitOfWork:
    """One transaction. What is asked of it happens whole at its end, or not at all.

    `provider_id` is the tenant that every statement is held to, `actor` who acts, `now` the instant it began; `vault`
    has the keys of personal data and of cursors.
    """

    session: AsyncSession
    driver: "asyncpg.Connection[Any]"
    vault: Vault
    provider_id: UUID
    actor: Who
    now: datetime
    correlation: UUID
    causation: UUID | None = None
    entries: list[Entry] = field(default_factory=list)
    _new: list[Base] = field(default_factory=list)

    def add(self, *rows: Base) -> None:
        """New rows, written at the end, each after the rows that its foreign keys point at."""
        self._new.extend(rows)

    def record(self, record: Record, happened: Event) -> UUID:
        """Counts the record's version up, journals what happened and has it published; returns the event's id."""
        record.version = (record.version or 0) + 1
        record.updated_at = self.now
        entry = Entry(new_id(), record.id, record.version, happened)
        self.entries.append(entry)
        return entry.id

    async def find(self, kind: type[R], record_id: UUID) -> R:
        """A record of this provider; raises a 404 problem where there is none."""
        return await self._one(kind, record_id, lock=False)

    async def load(self, kind: type[R], record_id: UUID, expected: int | None = None) -> R:
        """A record of this provider, locked for a change; 404 if there is none, 412 unless at version `expected`."""
        record = await self._one(kind, record_id, lock=True)
        if expected is not None and record.version != expected:
            raise errors.Problem(errors.STALE, headers={"ETag": f'"{record.version}"'})
        return record

    async def _one(self, kind: type[R], record_id: UUID, *, lock: bool) -> R:
        query = select(kind).where(kind.provider_id == self.provider_id, kind.id == record_id)
        if lock:  # what was read before the lock may have changed meanwhile
            query = query.with_for_update().execution_options(populate_existing=True)
        row = (await self.session.execute(query)).scalar_one_or_none()
        if row is None:
            raise errors.not_found()
        return row

    async def flush(self) -> None:
        """Sends changed and new rows to the server now, for a query that must see them."""
        await self.session.flush()
        new, self._new = self._new, []
        for kind in sorted({type(row) for row in new}, key=_rank):
            self.session.add_all([row for row in new if type(row) is kind])
            await self.session.flush()

    async def finish(self) -> None:
        """Sends all rows and journal entries to the server; called by the database before it commits."""
        await self.flush()
        if self.entries:
            rows = [
                (one.id, one.event.TYPE, one.subject, one.version, one.event.CLAUSE, _data(one.event))
                for one in self.entries
            ]
            columns = [list(column) for column in zip(*rows, strict=True)]
            heads = (self.provider_id, self.actor.name, self.now, self.correlation, self.causation)
            await self.driver.execute(WRITE_JOURNAL, *heads, *columns)


@cache
def _rank(kind: type[Base]) -> int:
    return Base.metadata.sorted_tables.index(kind.__table__)  # type: ignore[arg-type]


def _data(happened: Event) -> str:
    return orjson.dumps(happened.model_dump(mode="json")).decode()


class Database:
    """The connections of one role to one service's database, and its transactions."""

    def __init__(
        self, settings: Settings, role: Literal["app", "worker"], vault: Vault, *, clock: Clock = utc_now
    ) -> None:
        self.vault, self.clock = vault, clock
        self._committed: list[Callable[[], None]] = []
        self.engine = create_async_engine(
            settings.database_url(role),
            isolation_level="AUTOCOMMIT",
            pool_size=settings.database_pool_size,
            max_overflow=0,
            hide_parameters=True,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=False,
            pool_use_lifo=True,
            connect_args={"server_settings": SERVER_SETTINGS, "timeout": POOL_SECONDS},
        )
        event.listen(self.engine.sync_engine, "checkin", _refuse_open_transaction)

    def on_journal(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each commit that wrote journal entries: it wakes the relay."""
        self._committed.append(listener)

    @asynccontextmanager
    async def connection(
        self, begin: str = "BEGIN"
    ) -> AsyncIterator[tuple[AsyncConnection, "asyncpg.Connection[Any]"]]:
        """A transaction without a provider, for plumbing: committed at the end, rolled back on any exception."""
        async with self.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                await driver.execute(begin)
                yield connection, driver
                if await driver.execute("COMMIT") != "COMMIT":  # PostgreSQL answers ROLLBACK after a swallowed error
                    raise RuntimeError("the transaction had failed before and was rolled back")
            except BaseException as error:
                await _roll_back(connection, driver, error)
                raise

    @asynccontextmanager
    async def work(
        self, provider_id: UUID, *, actor: Who, correlation: UUID, causation: UUID | None = None
    ) -> AsyncIterator[UnitOfWork]:
        """A unit of work of one provider: committed at the end, rolled back on any exception.

        BEGIN and the tenant setting travel in one message.
        """
        begin = f"BEGIN; SET LOCAL app.provider_id = '{UUID(str(provider_id))}'"
        async with (
            self.connection(begin) as (connection, driver),
            AsyncSession(connection, expire_on_commit=False, autoflush=False) as session,
        ):
            unit = UnitOfWork(session, driver, self.vault, provider_id, actor, self.clock(), correlation, causation)
            yield unit
            await unit.finish()
        if unit.entries:
            for listener in self._committed:
                listener()

    async def close(self) -> None:
        """Closes every connection."""
        await self.engine.dispose()


async def _roll_back(connection: AsyncConnection, driver: Any, error: BaseException) -> None:
    """Ends the transaction; a connection on which that fails, or whose work was cancelled, is thrown away."""
    if isinstance(error, asyncio.CancelledError) or driver.is_closed():
        with suppress(Exception):
            await connection.invalidate(error)
        return
    try:
        await driver.execute("ROLLBACK")
    except Exception as second:
        with suppress(Exception):
            await connection.invalidate(second)


def _refuse_open_transaction(dbapi_connection: Any, entry: ConnectionPoolEntry) -> None:
    driver = getattr(dbapi_connection, "driver_connection", None)
    if driver is not None and not driver.is_closed() and driver.is_in_transaction():
        entry.invalidate()
        raise AssertionError("a connection came back to the pool with an open transaction")
