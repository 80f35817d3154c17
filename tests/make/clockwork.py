"""A service on a clock that the test sets, with a database of its own: nobody but the test fires its timers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg
from alembic import command
from sqlalchemy import delete

from chassis.actors import SYSTEM
from chassis.app import create_app
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import Timers
from chassis.migrate import alembic_of
from chassis.providers import keep_provider
from chassis.sealing import Vault
from chassis.service import Service
from chassis.tables import Timer
from contracts.gateway import ProviderState, WorkingCalendar
from deploy.throwaway import Servers
from services.complaints.app import SERVICE
from services.complaints.search.jobs import TIMERS as OF_SEARCH
from tests.make.complaints import SetClock
from tests.make.house import WORKDAYS, House, Tenant

DAY = [("09:00", "12:00"), ("13:00", "18:00")]
ZONE = ZoneInfo("Asia/Shanghai")
Days = Mapping[date, list[tuple[str, str]]]


def local(text: str) -> datetime:
    """An instant by the clocks of Shanghai, such as `2025-09-26 17:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Clockwork:
    """A service with one provider, and workers that take what is due when the test says so."""

    house: House
    clock: SetClock
    stack: AsyncExitStack
    tenant: Tenant
    service: Service

    def timers(self) -> Timers:
        """A worker's timers, but for those of search, which are no clocks."""
        settings = self.house.settings(self.service.name, database_name=database_of(self.service), database_pool_size=2)
        database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=self.clock)
        self.stack.push_async_callback(database.close)
        return Timers(database, {name: one for name, one in self.service.timers.items() if name not in OF_SEARCH})

    async def fire_at(self, text: str, *workers: Timers) -> int:
        """Sets the clock to an instant, has all workers take at once what is due, and says how much that was."""
        self.clock.now = local(text)
        return sum(await asyncio.gather(*(worker.fire_due() for worker in workers)))

    async def keep_calendar(self, number: int, days: Days, hours: list[tuple[str, str]] = DAY) -> None:
        """A new version of the provider's calendar has arrived."""
        state = ProviderState(
            provider_id=self.tenant.id,
            slug=self.tenant.slug,
            name="示范供方",
            time_zone=str(ZONE),
            language="zh-CN",
            working_hours={day: hours for day in WORKDAYS if hours},
            calendar=WorkingCalendar(number=number, days=dict(days), official_through=None),
        )
        async with self.work() as work:
            await keep_provider(work, state, number)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work of the provider."""
        async with self.house.database(self.service.name).work(
            self.tenant.id, actor=SYSTEM, correlation=new_id()
        ) as work:
            yield work


def database_of(service: Service) -> str:
    """The name of a service's database for these tests."""
    return f"{service.name}_clockwork"


async def make_database(own: Servers, house: House, service: Service = SERVICE, name: str | None = None) -> None:
    """A service's database, empty, whose timers no worker takes; that of these tests, unless named otherwise."""
    name = name or database_of(service)
    connection = await asyncpg.connect(own.postgres.dsn())
    try:
        await connection.execute(f"CREATE DATABASE {name} OWNER {service.name}_owner")
    finally:
        await connection.close()
    settings = house.settings(service.name, database_name=name)
    await asyncio.to_thread(command.upgrade, alembic_of(service, settings), "head")


@asynccontextmanager
async def clockwork(house: House, now: str, days: Days, service: Service = SERVICE) -> AsyncIterator[Clockwork]:
    """A provider of a test's own on that database, with the first version of its calendar."""
    clock, provider_id = SetClock(local(now)), new_id()
    settings = house.settings(service.name, database_name=database_of(service), worker="off")
    app = create_app(service, settings, clock=clock)
    async with AsyncExitStack() as stack, app.router.lifespan_context(app):
        tenant = Tenant(provider_id, f"p-{provider_id.hex[-12:]}")
        async with app.state.runtime.database.connection() as (connection, _):
            await connection.execute(delete(Timer))  # those of tests before
        made = Clockwork(House(house.servers, {service.name: app}), clock, stack, tenant, service)
        await made.keep_calendar(1, days)
        yield made
