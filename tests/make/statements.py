"""What a service says to its database, overheard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import event

from chassis.database import Database

Listener = Callable[[str, tuple[Any, ...]], None]
"""`listener(statement, values)` is called soon after each statement was answered; of many rows it gets no values."""


@asynccontextmanager
async def overheard(database: Database, listener: Listener) -> AsyncIterator[None]:
    """Has a listener told of every statement over the connections of a role: of the driver's and of SQLAlchemy's.

    It has been told of all when this ends.
    """
    engine = database.engine.sync_engine

    def tell(query: asyncpg.connection.LoggedQuery) -> None:
        listener(query.query, tuple(query.args))

    def out(connection: Any, *_: Any) -> None:
        connection.driver_connection.add_query_logger(tell)

    def back(connection: Any, *_: Any) -> None:
        if connection is not None:
            connection.driver_connection.remove_query_logger(tell)

    def said(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        listener(statement, () if many else tuple(values))

    event.listen(engine, "after_cursor_execute", said)
    event.listen(engine, "checkout", out)
    event.listen(engine, "checkin", back)
    try:
        yield
        await asyncio.sleep(0)  # the driver tells in the loop's next turn
    finally:
        event.remove(engine, "after_cursor_execute", said)
        event.remove(engine, "checkout", out)
        event.remove(engine, "checkin", back)
