"""What a service says to its database, overheard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.connections import driver_of
from chassis.database import Database

Listener = Callable[[str, tuple[Any, ...]], None]
"""`listener(statement, values)` is called soon after each statement was answered; of many rows it gets no values."""


@asynccontextmanager
async def overheard(database: Database, listener: Listener) -> AsyncIterator[None]:
    """Has a listener told of every statement over the connections of a role: of the driver's and of SQLAlchemy's.

    It has been told of all when this ends.
    """
    engine, take, give_back = database.engine.sync_engine, database.take, database.give_back

    def tell(query: asyncpg.connection.LoggedQuery) -> None:
        listener(query.query, tuple(query.args))

    async def out() -> AsyncConnection:
        connection = await take()
        driver_of(connection).add_query_logger(tell)
        return connection

    async def back(connection: AsyncConnection) -> None:
        if not connection.invalidated:
            driver_of(connection).remove_query_logger(tell)
        await give_back(connection)

    def said(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        listener(statement, () if many else tuple(values))

    event.listen(engine, "after_cursor_execute", said)
    try:
        with patch.object(database, "take", out), patch.object(database, "give_back", back):
            yield
            await asyncio.sleep(0)  # the driver tells in the loop's next turn
    finally:
        event.remove(engine, "after_cursor_execute", said)
