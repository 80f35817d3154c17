"""The connections of one role to one service's database, and its transactions."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

import orjson
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis import connections
from chassis.actors import Who
from chassis.clock import Clock, utc_now
from chassis.connections import POOL_SECONDS, SERVER_SETTINGS, Driver
from chassis.db import UnitOfWork
from chassis.sealing import Vault
from chassis.settings import Settings


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
            pool_size=settings.database_pool_size,
            max_overflow=0,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=False,
            pool_reset_on_return=None,  # a transaction that is still open is refused there
            pool_use_lifo=True,
            connect_args={"server_settings": SERVER_SETTINGS, "timeout": POOL_SECONDS},
        )
        event.listen(self.engine.sync_engine, "connect", connections.count_instants)
        event.listen(self.engine.sync_engine, "checkin", connections.refuse_open_transaction)
        self.at_hand: list[AsyncConnection] = []
        self.asking = 0

    async def take(self) -> AsyncConnection:
        """A connection: of those at hand the one that was given back last, otherwise one of the pool."""
        while self.at_hand:
            connection = self.at_hand.pop()
            if connections.is_fit(connection):
                return connection
            await connection.invalidate()  # it ended while nobody used it
            await connection.close()
        self.asking += 1
        try:
            return await self.engine.connect()
        finally:
            self.asking -= 1

    async def give_back(self, connection: AsyncConnection) -> None:
        """Keeps a connection at hand, which costs less than the pool does; who waits for the pool gets it there."""
        if self.asking or not connections.is_fit(connection):
            await connection.close()
        else:
            self.at_hand.append(connection)

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
        connection, begin = await self.take(), connections.beginning(provider_id, planned_once=by_keys)
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
            await self.at_hand.pop().close()
        await self.engine.dispose()
