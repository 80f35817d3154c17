"""Every table is one of three classes, and each class holds what it promises, in the catalogue of every database."""

import asyncpg
import pytest

from chassis.tables import JOURNAL, PLUMBING, TENANT, Base
from deploy.throwaway import Servers
from deploy.topology import SERVICES
from tests.make.catalogue import Table
from tests.make.operations import description_of

Catalogues = dict[str, dict[str, Table]]

THIS_PROVIDER = "(provider_id = (NULLIF(current_setting('app.provider_id'::text, true), ''::text))::uuid)"
WORK = {"SELECT", "INSERT", "UPDATE", "DELETE"}
OF_ALEMBIC = "alembic_version"
BY_TIME = "ix_journal_at"
"""The worker, which publishes for all providers, compares and rebuilds by time."""

PACKAGES = {service: description_of(service).package for service in SERVICES}  # importing them declares the models
CLASSES = {
    service: {
        table.name: table.info.get("class")
        for table in Base.metadata.tables.values()
        if table.info.get("service") in {None, service}
    }
    for service in SERVICES
}
OF_PROVIDERS = [
    pytest.param(service, name, id=f"{service}.{name}")
    for service, tables in CLASSES.items()
    for name, kind in tables.items()
    if kind in {TENANT, JOURNAL}
]
OF_CLASS = {
    wanted: [
        pytest.param(service, name, id=f"{service}.{name}")
        for service, tables in CLASSES.items()
        for name, kind in tables.items()
        if kind == wanted
    ]
    for wanted in (TENANT, JOURNAL, PLUMBING)
}

every_service = pytest.mark.parametrize("service", SERVICES)
every_table_of_providers = pytest.mark.parametrize(("service", "name"), OF_PROVIDERS)


@every_service
def test_every_table_is_of_one_of_three_classes(catalogues: Catalogues, service: str) -> None:
    assert set(CLASSES[service].values()) == {TENANT, JOURNAL, PLUMBING}
    assert catalogues[service].keys() == CLASSES[service].keys() | {OF_ALEMBIC}, (
        "a table that no model knows has no class, and nobody knows whose rows are in it"
    )


@every_table_of_providers
def test_the_provider_leads_every_key_and_index(catalogues: Catalogues, service: str, name: str) -> None:
    table = catalogues[service][name]
    keys = [key for key in table.keys if key.kind in {"p", "u", "f"}]
    assert [key.kind for key in keys].count("p") == 1
    led = {key.name: key.columns[0] for key in keys} | {index: columns[0] for index, columns in table.indexes.items()}
    wrong = sorted(one for one, first in led.items() if first != "provider_id" and one != BY_TIME)
    assert not wrong, f"what does not begin with provider_id crosses providers, and is slow for each of them: {wrong}"


@every_table_of_providers
def test_a_foreign_key_cannot_cross_providers(catalogues: Catalogues, service: str, name: str) -> None:
    for key in catalogues[service][name].keys:
        if key.kind == "f":
            assert key.target is not None
            assert key.target_columns[0] == "provider_id", f"{key.name} may point at another provider's row"
            assert CLASSES[service][key.target] == TENANT, f"{key.name}: plumbing comes and goes by events"


@every_table_of_providers
def test_rows_are_held_to_the_provider_of_the_transaction(catalogues: Catalogues, service: str, name: str) -> None:
    table = catalogues[service][name]
    assert table.secured, "row-level security is off"
    assert table.forced, "row-level security is not forced: the owner would pass it"
    held = table.policies[-1]
    assert (held.name, held.command, held.permissive) == ("this_provider", "ALL", "PERMISSIVE")
    assert held.roles == ("public",)
    assert held.using == THIS_PROVIDER
    assert held.check == THIS_PROVIDER


@pytest.mark.parametrize(("service", "name"), OF_CLASS[TENANT])
def test_a_tenant_table_lets_the_serving_roles_work_on_it(catalogues: Catalogues, service: str, name: str) -> None:
    table = catalogues[service][name]
    assert len(table.policies) == 1
    assert table.grants == {f"{service}_app": WORK, f"{service}_worker": WORK}


@pytest.mark.parametrize(("service", "name"), OF_CLASS[JOURNAL])
def test_the_journal_is_only_ever_added_to(catalogues: Catalogues, service: str, name: str) -> None:
    table = catalogues[service][name]
    assert table.grants == {f"{service}_app": {"SELECT", "INSERT"}, f"{service}_worker": {"SELECT", "INSERT"}}, (
        "what may be changed or deleted proves nothing"
    )
    every = table.policies[0]
    assert (every.name, every.command, every.roles) == ("every_provider", "SELECT", (f"{service}_worker",))
    assert (every.using, every.check) == ("true", None)
    assert len(table.policies) == 2


@pytest.mark.parametrize("service", SERVICES)
def test_the_journal_has_one_entry_for_each_version_of_a_record(catalogues: Catalogues, service: str) -> None:
    unique = [key.columns for key in catalogues[service]["journal"].keys if key.kind == "u"]
    assert ("provider_id", "subject", "version") in unique
    assert ("provider_id", "id") in unique


@pytest.mark.parametrize(("service", "name"), OF_CLASS[PLUMBING])
def test_plumbing_has_no_policy_and_no_foreign_key(catalogues: Catalogues, service: str, name: str) -> None:
    table = catalogues[service][name]
    assert not table.secured
    assert not table.forced
    assert not table.policies
    assert [key.name for key in table.keys if key.kind == "f"] == []
    assert table.grants == {f"{service}_app": WORK, f"{service}_worker": WORK}


@every_service
def test_the_owner_owns_and_nobody_else_does(catalogues: Catalogues, service: str) -> None:
    assert {table.owner for table in catalogues[service].values()} == {f"{service}_owner"}
    assert catalogues[service][OF_ALEMBIC].grants == {f"{service}_app": {"SELECT"}}, "readiness reads the revision"


@every_service
def test_there_are_no_triggers(catalogues: Catalogues, service: str) -> None:
    found = [trigger for table in catalogues[service].values() for trigger in table.triggers]
    assert not found, f"what happens unseen in the database is in no rule, no test and no journal: {found}"


@every_service
def test_states_are_text_and_not_enumerations(catalogues: Catalogues, service: str) -> None:
    for table in catalogues[service].values():
        if "state" in table.columns and table.columns["state"] != "jsonb":
            assert table.columns["state"] == "text", "comparison of enumerations uses no index under row-level security"
            checked = [key.columns for key in table.keys if key.kind == "c"]
            assert ("state",) in checked, f"{table.name}: nothing keeps a misspelt state out"


@every_service
def test_instants_are_kept_with_their_zone(catalogues: Catalogues, service: str) -> None:
    for table in catalogues[service].values():
        without = [column for column, kind in table.columns.items() if kind == "timestamp without time zone"]
        assert not without, f"{table.name}: a time without a zone is another instant elsewhere: {without}"


def test_a_table_is_declared_by_the_package_of_its_service() -> None:
    for model in (mapper.class_ for mapper in Base.registry.mappers):
        service = model.__table__.info.get("service")
        package = "chassis" if service is None else PACKAGES[service]
        assert model.__module__.startswith(f"{package}."), f"{model} is entered for {service}"


def test_table_names_are_unique_over_services(catalogues: Catalogues) -> None:
    own = [
        table.name
        for tables in catalogues.values()
        for table in tables.values()
        if Base.metadata.tables.get(table.name) is not None and Base.metadata.tables[table.name].info.get("service")
    ]
    assert len(own) == len(set(own)), "one name for two tables confuses whoever reads logs, dumps and plans"


async def test_the_serving_roles_can_do_nothing_but_serve(own_servers: Servers) -> None:
    connection = await asyncpg.connect(own_servers.postgres.dsn())
    try:
        roles = await connection.fetch(
            "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication AS mighty, rolbypassrls,"
            " EXISTS (SELECT 1 FROM pg_auth_members WHERE member = pg_roles.oid) AS member FROM pg_roles"
            " WHERE rolname ~ '_(owner|app|worker)$' AND rolname !~ '^pg_'"
        )
        assert len(roles) == 3 * len(SERVICES)
        for role in roles:
            assert not role["mighty"], role
            assert not role["member"], role
            assert role["rolbypassrls"] == role["rolname"].endswith("_owner"), role
    finally:
        await connection.close()


@every_service
async def test_a_service_cannot_enter_the_database_of_another(own_servers: Servers, service: str) -> None:
    connection = await asyncpg.connect(own_servers.postgres.dsn(service))
    try:
        for other in SERVICES:
            for role in ("owner", "app", "worker"):
                may = await connection.fetchval(
                    "SELECT has_database_privilege($1, current_database(), 'CONNECT')", f"{other}_{role}"
                )
                assert may == (other == service), f"{other}_{role} in {service}"
                creates = await connection.fetchval(
                    "SELECT has_schema_privilege($1, 'public', 'CREATE')", f"{other}_{role}"
                )
                assert creates == (other == service and role == "owner"), f"{other}_{role} in {service}"
    finally:
        await connection.close()
