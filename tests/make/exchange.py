"""Two services with a broker between them: complaints, which publishes, and risk, which reacts."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, cast
from uuid import UUID

import asyncpg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.actors import SYSTEM
from chassis.broker import Broker
from chassis.clock import utc_now
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.migrations.operations import tenant_table
from chassis.migrations.plumbing import create_plumbing
from chassis.migrations.reconciliation import create_reconciliation
from chassis.reactions import Reaction
from chassis.relay import Relay
from chassis.sealing import Vault
from chassis.settings import Settings
from chassis.tables import Record
from contracts.base import Event
from deploy.bootstrap import bootstrap
from deploy.postgres import Postgres
from tests.make.broker import OwnBroker

PRODUCER, CONSUMER = "complaints", "risk"
TABLES = "journal, outbox, inbox, delivery_failure, dead_letter, reconciliation, reconciled, rebuilding"


class Noted(Event):
    """An event of these tests: something of weight `number` was noted."""

    TYPE: ClassVar[str] = "complaints.complaint.noted.v1"

    number: int


class Weighed(Event):
    """What the reaction of these tests tells in turn."""

    TYPE: ClassVar[str] = "risk.signal.weighed.v1"

    number: int


@dataclass
class Stub:
    """A record as far as the journal knows it."""

    id: UUID = field(default_factory=new_id)
    version: int = 0
    updated_at: datetime = field(default_factory=utc_now)


@dataclass
class Exchange:
    """The two services' databases, and a broker of the test's own; what is opened is closed with the stack."""

    postgres: Postgres
    broker: OwnBroker
    stack: AsyncExitStack

    def database(self, service: str, role: Literal["app", "worker"] = "worker") -> Database:
        """Connections of a role."""
        settings = self.settings(service)
        database = Database(settings, role, Vault(settings.master_key.get_secret_value()))
        self.stack.push_async_callback(database.close)
        return database

    async def connect(self, service: str) -> Broker:
        """A service's connection to the broker."""
        return await self.broker.connect(service, self.stack)

    async def relay(self) -> Relay:
        """A relay of the producer, not running."""
        return Relay(self.database(PRODUCER), await self.connect(PRODUCER))

    def running(self, *runs: Awaitable[None]) -> None:
        """Have loops run until the end of the test."""
        for run in runs:
            task: asyncio.Task[None] = asyncio.ensure_future(run)
            self.stack.push_async_callback(_end, task)

    async def ask(self, service: str, query: str, *values: Any) -> list[asyncpg.Record]:
        """Rows as the superuser sees them."""
        connection = await asyncpg.connect(self.postgres.dsn(service))
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def count(self, service: str, table: str) -> int:
        """How many rows a table has."""
        return int((await self.ask(service, f"SELECT count(*) FROM {table}"))[0][0])

    def settings(self, service: str) -> Settings:
        """What a process of a service is told."""
        return Settings(
            _secrets_dir=self.broker.secrets.of(service),
            database_host=self.postgres.host,
            database_port=self.postgres.port,
            service=service,
            database_name=service,
            nats_url=self.broker.server.url,
            files_url="file:///nowhere",
        )


@contextmanager
def cluster() -> Iterator[tuple[Path, Postgres]]:
    """A PostgreSQL with the plumbing of both services, and a table of effects at the consumer."""
    with tempfile.TemporaryDirectory(prefix="surety-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        broker = OwnBroker(folder)
        postgres = Postgres(folder / "postgres", password=broker.secrets.superuser_password)
        try:
            postgres.start()
            asyncio.run(_make(postgres, broker))
            yield folder, postgres
        finally:
            postgres.stop()


@asynccontextmanager
async def exchange(folder: Path, postgres: Postgres, own: Path) -> AsyncIterator[Exchange]:
    """Both services with empty tables, and a new broker in the folder `own`."""
    broker = OwnBroker(own, secrets=folder / "secrets")
    broker.server.start()
    try:
        async with AsyncExitStack() as stack:
            made = Exchange(postgres, broker, stack)
            for service in (PRODUCER, CONSUMER):
                await made.ask(service, f"TRUNCATE {TABLES}")
            await made.ask(CONSUMER, "TRUNCATE effect")
            yield made
    finally:
        broker.server.stop()


async def note(database: Database, provider_id: UUID, number: int, record: Stub | None = None) -> UUID:
    """One event, committed; returns its id."""
    async with database.work(provider_id, actor=SYSTEM, correlation=new_id()) as work:
        return work.record(cast(Record, record or Stub()), Noted(number=number))


async def note_many(database: Database, provider_id: UUID, count: int) -> set[UUID]:
    """Many events, each in a transaction of its own, a few side by side; returns their ids."""
    limit = asyncio.Semaphore(5)

    async def one(number: int) -> UUID:
        async with limit:
            return await note(database, provider_id, number)

    return set(await asyncio.gather(*(one(number) for number in range(count))))


async def take_effect(work: UnitOfWork, event_id: UUID, number: int) -> None:
    """The effect of these tests: a row for each time that it happened."""
    await work.driver.execute(
        "INSERT INTO effect (provider_id, id, event_id, number, at) VALUES ($1, $2, $3, $4, clock_timestamp())",
        work.provider_id,
        new_id(),
        event_id,
        number,
    )


def reaction(handle: Callable[[UnitOfWork, Any], Awaitable[None]]) -> Reaction:
    """A reaction to the event of these tests."""
    return Reaction((Noted,), handle)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _make(postgres: Postgres, broker: OwnBroker) -> None:
    await bootstrap(postgres.dsn(), broker.secrets)
    for service in (PRODUCER, CONSUMER):
        password = broker.secrets.read(service, "database_owner_password")
        url = f"postgresql+asyncpg://{service}_owner:{password}@/{service}?host={postgres.host}&port={postgres.port}"
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, service)
        await engine.dispose()


def _migrate(connection: Connection, service: str) -> None:
    with Operations.context(MigrationContext.configure(connection)) as operations:
        create_plumbing(service)
        create_reconciliation(service)
        if service == CONSUMER:
            operations.execute(
                "CREATE TABLE effect (provider_id uuid, id uuid, event_id uuid NOT NULL, number int NOT NULL,"
                " at timestamptz NOT NULL, PRIMARY KEY (provider_id, id))"
            )
            tenant_table(service, "effect")
