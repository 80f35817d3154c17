"""Migrations make what the models say, down to the names, and say in a sentence what they are for."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.migrate import alembic_of
from chassis.revisions import head_of
from chassis.tables import Base
from deploy.throwaway import Servers
from deploy.topology import SERVICES
from tests.make.catalogue import Table, read_catalogue
from tests.make.house import settings_of
from tests.make.operations import description_of

PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]

LEAVING = {("complaint_figure", "overrides")}
"""Columns that no code knows any more: the version before still reads and writes them, so they go with a later one."""

every_service = pytest.mark.parametrize("service", SERVICES)


async def as_owner(own: Servers, service: str, work: Callable[[sa.Connection], Any]) -> Any:
    """What `work` finds in a service's database; what it changes is rolled back."""
    engine = create_async_engine(settings_of(own, service).database_url("owner"), poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(work)


def differences(connection: sa.Connection, service: str) -> list[Any]:
    """What Alembic would write into the next revision."""
    description_of(service)  # declares the models

    def belongs(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        if kind == "column":
            return not reflected or (item.table.name, name) not in LEAVING
        return kind != "table" or (name != "alembic_version" and item.info.get("service") in {None, service})

    options = {"include_object": belongs, "compare_server_default": True, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def declared(service: str) -> dict[str, set[str]]:
    """Names of the constraints and indexes of each table as the models declare them."""
    names: dict[str, set[str]] = {}
    for table in Base.metadata.tables.values():
        if table.info.get("service") in {None, service}:
            constraints = {PREPARER.format_constraint(one) for one in table.constraints}
            names[table.name] = {str(name) for name in constraints} | {
                str(PREPARER.format_index(index)) for index in table.indexes
            }
    return names


@every_service
async def test_migrations_make_exactly_what_the_models_declare(own_servers: Servers, service: str) -> None:
    found = await as_owner(own_servers, service, lambda connection: differences(connection, service))
    assert found == [], f'write the missing revision: make migration s={service} m="…": {found}'


@every_service
def test_migrations_take_no_table_and_no_column_away(service: str) -> None:
    script = ScriptDirectory.from_config(alembic_of(description_of(service)))
    for revision in script.walk_revisions():
        said = Path(revision.path).read_text()
        taken = [one for one in ("drop_column", "drop_table", "DROP COLUMN", "DROP TABLE") if one in said]
        assert not taken, f"{revision.path}: the version that serves while it runs may still ask for it"


async def test_rows_are_written_without_the_columns_that_leave(own_servers: Servers) -> None:
    found = await as_owner(
        own_servers,
        "complaints",
        lambda one: {
            (table, column["name"]): column for table, _ in LEAVING for column in sa.inspect(one).get_columns(table)
        },
    )
    for leaving in LEAVING:
        assert found[leaving]["nullable"] or found[leaving]["default"] is not None, leaving


@every_service
def test_constraints_and_indexes_have_the_names_that_the_models_give(
    catalogues: dict[str, dict[str, Table]], service: str
) -> None:
    names = {
        table.name: {key.name for key in table.keys} | set(table.indexes)
        for table in catalogues[service].values()
        if table.name != "alembic_version"
    }
    assert names == declared(service), "code and operators know constraints by name: 409s, plans, later migrations"


async def test_a_column_a_constraint_or_a_default_too_many_is_noticed(own_servers: Servers) -> None:
    def after(change: str) -> Callable[[sa.Connection], list[Any]]:
        def changed(connection: sa.Connection) -> list[Any]:
            connection.execute(sa.text(change))
            return differences(connection, "complaints")

        return changed

    for change in (
        "ALTER TABLE channel ADD COLUMN note text",
        "ALTER TABLE channel DROP CONSTRAINT uq_channel_provider_id_code",
        "ALTER TABLE channel ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE channel ALTER COLUMN name TYPE varchar(1000)",
        "ALTER TABLE channel ALTER COLUMN name SET DEFAULT 'x'",
        "DROP INDEX ix_timer_due_at",
        "CREATE TABLE stray (id int)",
    ):
        assert await as_owner(own_servers, "complaints", after(change)), change


@every_service
def test_revisions_stand_in_one_line_and_say_what_they_are_for(service: str) -> None:
    script = ScriptDirectory.from_config(alembic_of(description_of(service)))
    revisions = list(script.walk_revisions())
    assert len(script.get_heads()) == 1, "two heads: whoever merges decides which comes first"
    assert len(script.get_bases()) == 1
    assert [one.revision for one in reversed(revisions)] == [f"{n:04d}" for n in range(1, len(revisions) + 1)]
    for revision in revisions:
        assert revision.doc, f"{revision.path} does not say what it is for"
        assert revision.doc.endswith("."), f"{revision.path}: a sentence ends with a full stop"
        assert not hasattr(revision.module, "downgrade"), (
            "nobody goes back with data in the new shape: write the next one"
        )


@every_service
async def test_every_database_is_at_its_head_and_migrating_again_changes_nothing(
    own_servers: Servers, service: str
) -> None:
    def revision(connection: sa.Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    before = await read_catalogue(own_servers.postgres.dsn(service))
    assert await as_owner(own_servers, service, revision) == head_of(description_of(service))
    config = alembic_of(description_of(service), settings_of(own_servers, service))
    await asyncio.to_thread(command.upgrade, config, "head")
    assert await read_catalogue(own_servers.postgres.dsn(service)) == before
