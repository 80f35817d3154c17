"""Row-level security holds when the code's own filter is taken away."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal
from uuid import UUID

import asyncpg
import pytest

from chassis.actors import SYSTEM
from chassis.db import Database
from chassis.ids import new_id
from chassis.sealing import Vault
from chassis.tables import JOURNAL, TENANT, Base
from deploy.topology import SERVICES
from tests.make.catalogue import Table
from tests.make.complaints import acknowledge, open_channel, receive
from tests.make.house import House, Tenant
from tests.make.operations import description_of
from tests.make.risk import signals_raised_by

Catalogues = dict[str, dict[str, Table]]
Role = Literal["app", "worker"]

RUNNING = tuple(service for service in SERVICES if service != "gateway")
for _service in SERVICES:
    description_of(_service)  # declares the models
OF_PROVIDERS = [
    pytest.param(service, table.name, id=f"{service}.{table.name}")
    for service in SERVICES
    for table in Base.metadata.tables.values()
    if table.info["class"] in {TENANT, JOURNAL} and table.info.get("service") in {None, service}
]

every_table = pytest.mark.parametrize(("service", "name"), OF_PROVIDERS)
both_roles = pytest.mark.parametrize("role", ["app", "worker"])


@pytest.fixture(scope="session")
async def two_tenants(house: House) -> tuple[Tenant, Tenant]:
    """Two providers, each with rows in every tenant table of every service."""
    one, other = await house.new_tenant(), await house.new_tenant()
    for tenant in (one, other):
        async with house.client("complaints", tenant, "administrator") as client:
            await open_channel(client)
            complaint = await receive(client, channel="hotline", concerns=["safety"])
            await acknowledge(client, complaint["id"])
        async with house.client("risk", tenant, "administrator") as client:
            await signals_raised_by(client, complaint["id"])
    return one, other


@pytest.fixture(scope="session")
async def roles(house: House) -> AsyncIterator[Callable[[str, Role], Database]]:
    """Connections of both serving roles to every database."""
    made: dict[tuple[str, str], Database] = {}

    def of(service: str, role: Role) -> Database:
        if (service, role) not in made:
            settings = house.settings(service, database_pool_size=1)
            made[service, role] = Database(settings, role, Vault(settings.master_key.get_secret_value()))
        return made[service, role]

    yield of
    for database in made.values():
        await database.close()


class Undone(Exception):
    """Ends a transaction of a test without effect."""


async def as_tenant(database: Database, provider_id: UUID, query: str, *values: Any) -> list[asyncpg.Record]:
    """What a query finds within a provider's transaction; what it changes is rolled back."""
    found: list[asyncpg.Record] = []
    with pytest.raises(Undone):
        async with database.work(provider_id, actor=SYSTEM, correlation=new_id()) as work:
            found = list(await work.driver.fetch(query, *values))
            raise Undone
    return found


async def as_superuser(house: House, service: str, query: str, *values: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(house.servers.postgres.dsn(service))
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def rows_for(house: House, table: Table, service: str, tenants: tuple[Tenant, Tenant]) -> dict[UUID, int]:
    """How many rows each of two providers has; made up where no request makes any."""
    query = f"SELECT provider_id, count(*) FROM {table.name} WHERE provider_id = ANY($1) GROUP BY 1"
    found = await as_superuser(house, service, query, [one.id for one in tenants])
    if len(found) < len(tenants):
        for tenant in tenants:
            await make_row(house, table, service, tenant.id)
        found = await as_superuser(house, service, query, [one.id for one in tenants])
    return {row[0]: row[1] for row in found}


async def make_row(house: House, table: Table, service: str, provider_id: UUID) -> None:
    """A row of plain values, past constraints and foreign keys, for a table that this service fills by no request."""
    values: dict[str, Any] = {}
    for column, kind in table.columns.items():
        if column == "provider_id" or (column == "id" and table.name == "profile"):
            values[column] = str(provider_id)
        elif column not in table.identity:
            values[column] = PLAIN[kind]()
    columns = ", ".join(values)
    connection = await asyncpg.connect(house.servers.postgres.dsn(service))
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            checks = [key.name for key in table.keys if key.kind == "c"]
            for name in checks:
                await connection.execute(f"ALTER TABLE {table.name} ALTER CONSTRAINT {name} NOT ENFORCED")
            await connection.execute(
                f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{table.name}, $1)",
                json.dumps(values),
            )
    finally:
        await connection.close()


PLAIN: dict[str, Callable[[], Any]] = {
    "uuid": lambda: str(new_id()),
    "text": lambda: new_id().hex,
    "text[]": list,
    "bytea": lambda: "\\x00",
    "bigint": lambda: 1,
    "integer": lambda: 1,
    "boolean": lambda: True,
    "jsonb": dict,
    "date": lambda: "2026-01-01",
    "timestamp with time zone": lambda: "2026-01-01T00:00:00Z",
}


async def test_probe(house: House, two_tenants: tuple[Tenant, Tenant], catalogues: Catalogues) -> None:
    for service, tables in catalogues.items():
        for name, table in tables.items():
            if "provider_id" in table.columns and table.secured:
                print(service, name, await as_superuser(house, service, f"select provider_id, count(*) from {name} where provider_id = ANY($1) group by 1", [one.id for one in two_tenants]))
