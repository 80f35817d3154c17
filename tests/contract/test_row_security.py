"""Row-level security holds when the code's own filter is taken away: for every table of providers and both roles."""

from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

import asyncpg
import pytest

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.sealing import Vault
from chassis.settings import Settings
from chassis.tables import JOURNAL, TENANT, Base
from deploy.throwaway import Servers
from deploy.topology import SERVICES
from tests.make.catalogue import Table
from tests.make.house import settings_of
from tests.make.operations import description_of
from tests.make.rows import fill, insertion, plain_row

Catalogues = dict[str, dict[str, Table]]
Role = Literal["app", "worker"]

PACKAGES = [description_of(service).package for service in SERVICES]  # importing them declares the models
OF_PROVIDERS = [
    pytest.param(service, table.name, id=f"{service}.{table.name}")
    for service in SERVICES
    for table in Base.metadata.tables.values()
    if table.info["class"] in {TENANT, JOURNAL} and table.info.get("service") in {None, service}
]
OURS, THEIRS = new_id(), new_id()

every_table = pytest.mark.parametrize(("service", "name"), OF_PROVIDERS)
both_roles = pytest.mark.parametrize("role", ["app", "worker"])
pytestmark = pytest.mark.usefixtures("rows")


@pytest.fixture(scope="session")
async def rows(own_servers: Servers, catalogues: Catalogues) -> None:
    """A row of two providers in every table of providers of every service."""
    for service, tables in catalogues.items():
        connection = await asyncpg.connect(own_servers.postgres.dsn(service))
        try:
            for name in (one.values[1] for one in OF_PROVIDERS if one.values[0] == service):
                await fill(connection, tables[str(name)], OURS, THEIRS)
        finally:
            await connection.close()


class Roles:
    """Connections of the serving roles, one each, opened when first asked for."""

    def __init__(self, own: Servers) -> None:
        self._own = own
        self._open: dict[tuple[str, Role], Database] = {}

    def of(self, service: str, role: Role) -> Database:
        """Connections of one role to one service's database."""
        if (service, role) not in self._open:
            settings: Settings = settings_of(self._own, service, database_pool_size=1)
            self._open[service, role] = Database(settings, role, Vault(settings.master_key.get_secret_value()))
        return self._open[service, role]

    async def close(self) -> None:
        """Close them all."""
        for database in self._open.values():
            await database.close()


@pytest.fixture(scope="session")
async def roles(own_servers: Servers) -> AsyncIterator[Roles]:
    """Both serving roles of every service."""
    roles = Roles(own_servers)
    yield roles
    await roles.close()


class Undone(Exception):
    """Ends a test's transaction without effect."""


async def within(database: Database, provider_id: UUID, query: str, *values: Any) -> list[asyncpg.Record]:
    """What a query brings within a provider's unit of work; what it changes is undone."""
    brought: list[asyncpg.Record] = []

    async def ask(work: UnitOfWork) -> None:
        brought.extend(await work.driver.fetch(query, *values))
        raise Undone

    with pytest.raises(Undone):
        async with database.work(provider_id, actor=SYSTEM, correlation=new_id()) as work:
            await ask(work)
    return brought


async def seen(database: Database, provider_id: UUID, table: str) -> set[UUID]:
    """The providers whose rows a query without a filter finds."""
    return {row[0] for row in await within(database, provider_id, f"SELECT DISTINCT provider_id FROM {table}")}


def sees_all(name: str, role: Role) -> bool:
    """The one exception: the worker publishes for all providers, and reads all of the journal."""
    return name == "journal" and role == "worker"


@every_table
@both_roles
async def test_a_query_without_a_filter_finds_the_rows_of_one_provider(
    roles: Roles, service: str, name: str, role: Role
) -> None:
    found = await seen(roles.of(service, role), OURS, name)
    if sees_all(name, role):
        assert {OURS, THEIRS} <= found
    else:
        assert found == {OURS}


@every_table
@both_roles
async def test_without_a_provider_nothing_is_found(roles: Roles, service: str, name: str, role: Role) -> None:
    if sees_all(name, role):
        return
    async with roles.of(service, role).connection() as (_, driver):
        assert await driver.fetchval(f"SELECT count(*) FROM {name}") == 0
        await driver.execute("SET LOCAL app.provider_id = ''")
        assert await driver.fetchval(f"SELECT count(*) FROM {name}") == 0


@every_table
@both_roles
async def test_a_row_of_another_provider_cannot_be_written(
    roles: Roles, catalogues: Catalogues, service: str, name: str, role: Role
) -> None:
    table, database = catalogues[service][name], roles.of(service, role)
    async with database.connection() as (_, driver):
        row = await plain_row(driver, table, new_id())
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await within(database, OURS, *insertion(table, row))


@every_table
async def test_a_row_cannot_be_given_to_another_provider(roles: Roles, service: str, name: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await within(roles.of(service, "app"), OURS, f"UPDATE {name} SET provider_id = $1", THEIRS)


@every_table
@both_roles
async def test_a_change_without_a_filter_changes_the_rows_of_one_provider(
    roles: Roles, service: str, name: str, role: Role
) -> None:
    change = f"UPDATE {name} SET provider_id = provider_id RETURNING provider_id"
    if name == "journal":
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await within(roles.of(service, role), OURS, change)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await within(roles.of(service, role), OURS, f"DELETE FROM {name}")
    else:
        assert {row[0] for row in await within(roles.of(service, role), OURS, change)} == {OURS}


@every_table
@both_roles
async def test_no_serving_role_empties_a_table(roles: Roles, service: str, name: str, role: Role) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await within(roles.of(service, role), OURS, f"TRUNCATE {name}")


@every_table
async def test_the_owner_sees_all_providers_so_that_a_migration_and_a_backup_are_whole(
    own_servers: Servers, service: str, name: str
) -> None:
    settings: Settings = settings_of(own_servers, service)
    url = settings.database_url("owner")
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, database=url.database
    )
    try:
        found = await connection.fetch(f"SELECT DISTINCT provider_id FROM {name}")
        assert {OURS, THEIRS} <= {row[0] for row in found}
    finally:
        await connection.close()
