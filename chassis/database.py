"""The connections of one role to one service's database, and its transactions."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

import orjson
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from chassis import connections
from chassis.actors import Who
from chassis.clock import Clock, utc_now
from chassis.connections import ANSWER_SECONDS, POOL_SECONDS, SERVER_SETTINGS, Driver
from chassis.db import UnitOfWork
from chassis.sealing import Vault
from chassis.settings import Settings

KEPT_AT_HAND, UNUSED_SECONDS = 2, 10.0
"""So many connections stay at hand for good; of more, each that comes back closes one that was not used for so long.

A burst would otherwise leave 4 to 6 MB for each of them in PostgreSQL. To open one again takes 5 ms.
"""


class Database:
    """The connections of one role to one service's database, and its transactions."""

    def __init__(
        self, settings: Settings, role: Literal["app", "worker", "owner"], vault: Vault, *, clock: Clock = utc_now
    ) -> None:
        self.vault, self.clock = vault, clock
        self._committed: list[Callable[[], None]] = []
        self.engine = create_async_engine(
            settings.database_url(role),
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            pool_reset_on_return=None,  # a transaction that is still open is refused when its connection is closed
            connect_args={"server_settings": SERVER_SETTINGS, "command_timeout": ANSWER_SECONDS},
        )
        event.listen(self.engine.sync_engine, "connect", connections.count_instants)
        event.listen(self.engine.sync_engine, "checkin", connections.refuse_open_transaction)
        self.at_hand: deque[tuple[AsyncConnection, float]] = deque()
        self.free = asyncio.Semaphore(settings.database_pool_size)

    async def take(self) -> AsyncConnection:
        """A connection: of those at hand the one that was given back last, otherwise a new one.

        While all that there may be are in use it is waited for in order. Raises TimeoutError after `POOL_SECONDS`, both
        where none comes back and where the server does not let a new one in.
        """
        async with asyncio.timeout(POOL_SECONDS if self.free.locked() else None):
            await self.free.acquire()
        try:
            while self.at_hand:
                connection, _ = self.at_hand.pop()
                if connections.is_fit(connection):
                    return connection
                await connection.close()  # it ended while nobody used it
            async with asyncio.timeout(POOL_SECONDS):
                return await self.engine.connect()
        except BaseException:
            self.free.release()
            raise

    async def give_back(self, connection: AsyncConnection) -> None:
        """Keeps a connection at hand, or closes one that is not fit for whoever comes next."""
        try:
            await connections.forget(connection)
            if not connections.is_fit(connection):
                await connection.close()
                return
            now = time.monotonic()
            self.at_hand.append((connection, now))
            if len(self.at_hand) > KEPT_AT_HAND and self.at_hand[0][1] < now - UNUSED_SECONDS:
                await _drop(self.at_hand.popleft()[0])
        finally:
            self.free.release()

    def on_journal(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each commit that wrote journal entries: it wakes the relay."""
        self._committed.append(listener)

    @asynccontextmanager
    async def connection(self, begin: str = "BEGIN") -> AsyncIterator[tuple[AsyncConnection, Driver]]:
        """A transaction without a provider, for plumbing: committed at the end, rolled back on any exception."""
        connection = await self.take()
        try:
            driver = await connections.begin(connection, begin)
            try:
                yield connection, driver
                await connections.commit(driver)
            except BaseException as error:
                await connections.roll_back(connection, driver, error)
                raise
        finally:
            await self.give_back(connection)

    async def begin(
        self,
        provider_id: UUID,
        *,
        actor: Who,
        correlation: UUID,
        causation: UUID | None = None,
        by_keys: bool = False,
    ) -> UnitOfWork:
        """A unit of work of one provider, whose caller commits it or rolls it back.

        One that finds all its rows `by_keys` has its statements planned once within a transaction, for all values
        alike: to plan the statement that writes everything takes half as long as to run it. A list is planned for its
        values, and of what goes alone PostgreSQL keeps the plan where it finds it no dearer.
        """
        begin = connections.beginning(provider_id, planned_once=by_keys)
        connection = await self.take()
        whose = (provider_id, actor, self.clock(), correlation, causation)
        return UnitOfWork(connection, self.give_back, self.vault, *whose, self._committed, begin)

    @asynccontextmanager
    async def work(
        self, provider_id: UUID, *, actor: Who, correlation: UUID, causation: UUID | None = None, by_keys: bool = False
    ) -> AsyncIterator[UnitOfWork]:
        """A unit of work whose transaction has begun: committed at the end, rolled back on any exception."""
        unit = await self.begin(provider_id, actor=actor, correlation=correlation, causation=causation, by_keys=by_keys)
        try:
            await unit.begun()
            yield unit
            await unit.commit()
        except BaseException as error:
            await unit.roll_back(error)
            raise

    async def close(self) -> None:
        """Closes every connection."""
        while self.at_hand:
            await _drop(self.at_hand.pop()[0])
        await self.engine.dispose()


async def _drop(connection: AsyncConnection) -> None:
    """Closes a connection that nobody uses, and waits for no answer of the server: whoever is served waits for this."""
    connections.driver_of(connection).terminate()
    await connection.close()
