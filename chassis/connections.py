"""A connection to a service's database: its limits, and how a transaction on it begins for one provider, and ends."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import ConnectionPoolEntry

from chassis.rows import SHAPES_KEPT, Statement, parts_of

STATEMENT_SECONDS, LOCK_SECONDS, POOL_SECONDS, TRANSACTION_SECONDS = 5, 2, 2, 5
ANSWER_SECONDS = 8
"""A server that has not answered for so long, when it should have ended any statement itself, is taken to be away."""
BEGIN_SECONDS = 2
"""A unit of work begins its transaction within so many, and ends it before what it wrote is held for settled."""
SERVER_SETTINGS = {
    "application_name": "surety",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "transaction_timeout": f"{TRANSACTION_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{TRANSACTION_SECONDS}s",
    "jit": "off",
}
BEGIN = "BEGIN; SET LOCAL app.provider_id = '{}'"
HELD = "SELECT set_config('app.provider_id', ${}, true) AS provider"
"""What holds a statement that is a transaction of its own to a provider: row-level security asks for the setting."""
PLANNED_ONCE = "; SET LOCAL plan_cache_mode = force_generic_plan"

BEGINNINGS_KEPT = 10_000
"""Beginnings of transactions that a process keeps, the last used ones."""

COUNTED_FROM = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts the microseconds of an instant from here."""
BEFORE_ALL, AFTER_ALL = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)
"""The instants that can be read again; PostgreSQL knows others."""

REFUSES = asyncpg.InvalidTextRepresentationError
"""What PostgreSQL makes of a text that is no number: the error of a statement that undoes itself, saying why."""

Driver: TypeAlias = "asyncpg.Connection[Any]"


class TookTooLong(Exception):
    """What was asked for went on for so long that it may not begin to write any more."""


class Moved(Exception):
    """Something that was read without a lock is not as it was, and nothing was written: it is to be done again."""


@lru_cache(BEGINNINGS_KEPT)
def beginning(provider_id: UUID, *, planned_once: bool) -> str:
    """What begins a transaction of a provider; `planned_once` has its statements planned for all values alike."""
    return BEGIN.format(UUID(str(provider_id))) + (PLANNED_ONCE if planned_once else "")


def alone(read: Statement, provider_id: UUID) -> Statement:
    """A read that is a transaction of its own, held to a provider, so that nothing need be begun or committed.

    Row-level security asks for the setting when rows are fetched. The rows come from the lateral part, which PostgreSQL
    runs for each row of the part that it refers to, so never before that has set it. Without it nothing would be found.
    """
    return Statement(_alone(read.text, len(read.values)), (*read.values, str(provider_id)))


@lru_cache(SHAPES_KEPT)
def _alone(text: str, values: int) -> str:
    held = HELD.format(values + 1) + " OFFSET 0"
    # OFFSET 0 keeps PostgreSQL from making one query of the parts, which it could then run in another order.
    found = f"SELECT * FROM ({text}) AS these WHERE held.provider <> '' OFFSET 0"  # noqa: S608 - SQL of our own
    return f"SELECT found.* FROM ({held}) AS held, LATERAL ({found}) AS found"  # noqa: S608 - SQL of our own


def joined_alone(statements: Sequence[Statement], provider_id: UUID) -> tuple[str, list[Any]]:
    """Several statements as one that is a transaction of its own, held to a provider.

    Each asks `held` for the first value of its new rows, or first whether it is there, so none has a row before the
    provider is set; without it row-level security would hide or refuse them. Where a sure one does not find its
    row, PostgreSQL refuses the whole with the error `REFUSES`.
    """
    values: list[Any] = []
    texts: list[tuple[str, int, str | None, bool]] = []
    for one in statements:
        assert one.held is not None
        texts.append((one.held, len(one.values), one.name, one.sure))
        values += one.values
    return _joined_alone(tuple(texts)), [*values, str(provider_id)]


@lru_cache(SHAPES_KEPT)
def _joined_alone(statements: tuple[tuple[str, int, str | None, bool], ...]) -> str:
    parts, counts = parts_of(statements)
    held, sure = HELD.format(1 + sum(values for _, values, _, _ in statements)), len(counts)
    found = f"(CASE {' + '.join(counts)} WHEN {sure} THEN '{sure}' ELSE 'a row has moved or gone' END)::int"
    return f"WITH held AS MATERIALIZED ({held}), {', '.join(parts)} SELECT {found if counts else '0'}"


def driver_of(connection: AsyncConnection) -> Driver:
    """The driver's connection behind SQLAlchemy's; it waits for nothing, so that no greenlet is needed."""
    assert connection.sync_connection is not None
    driver: Driver | None = connection.sync_connection.connection.driver_connection
    assert driver is not None
    return driver


async def begin(connection: AsyncConnection, beginning: str) -> Driver:
    """Begins a transaction; where that fails the connection is as it was, or is thrown away."""
    driver = driver_of(connection)
    try:
        await driver.execute(beginning)
    except BaseException as error:
        await roll_back(connection, driver, error)
        raise
    return driver


async def commit(driver: Driver) -> None:
    """Commits; raises RuntimeError for a transaction that had failed, whatever became of that error."""
    if await driver.execute("COMMIT") != "COMMIT":  # PostgreSQL answers ROLLBACK after a swallowed error
        raise RuntimeError("the transaction had failed before and was rolled back")


async def roll_back(connection: AsyncConnection, driver: Driver, error: BaseException, *, begun: bool = True) -> None:
    """Ends the transaction; a connection on which that fails, or whose work was cut off, is thrown away."""
    if isinstance(error, asyncio.CancelledError | TimeoutError) or driver.is_closed():
        with suppress(Exception):
            await connection.invalidate(error)
        return
    if not begun:
        return
    try:
        await driver.execute("ROLLBACK")
    except BaseException as second:
        with suppress(Exception):
            await connection.invalidate(second)
        if not isinstance(second, Exception):
            raise


async def forget(connection: AsyncConnection) -> None:
    """Has SQLAlchemy forget the transaction that it takes each statement to begin; PostgreSQL is told nothing."""
    if connection.in_transaction() and not connection.invalidated:
        await connection.rollback()


def is_fit(connection: AsyncConnection) -> bool:
    """Whether a connection can serve whoever comes next: it stands, and no transaction is open on it."""
    if connection.invalidated or connection.in_transaction():
        return False
    driver = driver_of(connection)
    return not (driver.is_closed() or driver.is_in_transaction())


def refuse_open_transaction(dbapi_connection: Any, entry: ConnectionPoolEntry) -> None:
    """What an engine does before it closes a connection: raises AssertionError where its transaction is still open."""
    driver = getattr(dbapi_connection, "driver_connection", None)
    if driver is not None and not driver.is_closed() and driver.is_in_transaction():
        entry.invalidate()
        raise AssertionError("a connection was given back with an open transaction")


def count_instants(dbapi_connection: Any, _: ConnectionPoolEntry) -> None:
    """What an engine does with a new connection: instants go as PostgreSQL counts them.

    To send one takes the driver three times as long in its own way, which looks at time zones.
    """
    numbers = {"encoder": _microseconds, "decoder": _instant, "schema": "pg_catalog", "format": "tuple"}
    dbapi_connection.run_async(lambda driver: driver.set_type_codec("timestamptz", **numbers))


def _microseconds(at: datetime) -> tuple[int]:
    if not BEFORE_ALL <= at <= AFTER_ALL:
        raise OverflowError(f"{at} is in no year that can be read again")
    since = at - COUNTED_FROM
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,)


def _instant(counted: tuple[int]) -> datetime:
    return COUNTED_FROM + timedelta(0, 0, counted[0])
