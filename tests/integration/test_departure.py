"""A provider leaves a service: its archive is whole, then nothing of it is left, and nothing comes back."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import LargeBinary

from chassis.actors import SYSTEM
from chassis.attachments.store import FileStore
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.departure.archive import archive, tables_of
from chassis.departure.erasure import erase_provider
from chassis.envelopes import Received
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.persons.queries import on_hold
from chassis.provider_keys import provider_vault
from chassis.providers import copy_provider, provider_of
from chassis.reactions import Reactor
from chassis.tables import JOURNAL
from contracts.complaints import ComplaintReceived
from contracts.gateway import ProviderErased, ProviderLeft, ProviderState
from services.complaints.app import PERSONS
from services.risk.app import SERVICE as RISK
from tests.make import complaints, documents, files, imports, projects
from tests.make.broker import until_async
from tests.make.complaints import made
from tests.make.house import House, Tenant
from tests.make.risk import signals_raised_by

WORDS = "机房断电后无人接听电话。"
NAME, EMAIL = "欧阳若兰", "ouyang.ruolan@customer.example"


async def furnish(house: House, tenant: Tenant) -> str:
    """Gives a provider something in every slice; returns the complaint's id."""
    async with house.client("complaints", tenant, "administrator") as client:
        await complaints.open_channel(client)
        parties = [{"name": NAME, "email": EMAIL}]
        complaint = await complaints.receive(
            client, words=WORDS, parties=parties, concerns=["safety"], channel="hotline"
        )
        await files.add(client, complaint["id"], "note.txt", f"note of {tenant.slug}".encode())
        await complaints.acknowledge(client, complaint["id"])
        rows = imports.csv_of([imports.case("C-1"), imports.case("C-2", opened="never")])
        await imports.imported(client, rows)
        person = {"email": EMAIL}
        (place,) = made(await client.post("/v1/services/complaints/persons/find", json=person))["items"]
        made(await client.post(f"/v1/services/complaints/persons/{place['person_id']}/disclose"))
        made(await client.post("/v1/services/complaints/retention", json={"data_class": "complaint", "years": 7}))
    async with house.client("risk", tenant, "administrator") as client:
        await signals_raised_by(client, complaint["id"])
        document = await documents.create(client)
        made(await documents.send(client, document["newest"]["id"]), 201)
    await furnish_staff(house, tenant)
    return str(complaint["id"])


async def furnish_staff(house: House, tenant: Tenant) -> None:
    """Gives a provider somebody who may handle complaints, which complaints hear of."""
    async with house.client("projects", tenant, "administrator") as client:
        department = await projects.register_department(client)
        handler, lead = [(await projects.register_staff(client, department["id"]))["id"] for _ in range(2)]
        await projects.qualify(client, handler, lead)
        await projects.appoint(client, handler, ends_on=projects.today(9))
    copies = {"department_copy": 1, "staff_copy": 2, "training_copy": 1, "appointment_copy": 1}

    async def copied() -> bool:
        return copies.items() <= (await counted(house, "complaints", tenant)).items()

    await until_async(copied)


async def counted(house: House, service: str, tenant: Tenant) -> Counter[str]:
    """How many rows each table of a service has of a provider."""
    connection = await asyncpg.connect(house.servers.postgres.dsn(service))
    try:
        counts = Counter(
            {
                table.name: await connection.fetchval(
                    f"SELECT count(*) FROM {table.name} WHERE provider_id = $1", tenant.id
                )
                for table in tables_of(service)
            }
        )
    finally:
        await connection.close()
    return +counts


def of_class(service: str, kind: str) -> set[str]:
    return {table.name for table in tables_of(service) if table.info["class"] == kind}


def objects_of(house: House, service: str, tenant: Tenant) -> list[Path]:
    folder = house.servers.folder / "files" / service / str(tenant.id)
    return list(folder.glob("*"))


@asynccontextmanager
async def worker(house: House, service: str) -> AsyncIterator[Database]:
    """The connections of a service's worker."""
    settings = house.settings(service, database_pool_size=2)
    vault = house.apps[service].state.runtime.vault
    database = Database(settings, "worker", vault)
    yield database
    await database.close()


async def lives(house: House, service: str, tenant: Tenant, happened: type[ProviderState], version: int) -> None:
    """A service gets an event of a provider's life."""
    async with worker(house, service) as database:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            state = (await provider_of(work)).model_dump(exclude={"calendar", "life"})
        life = {ProviderLeft: "leaving", ProviderErased: "erased"}[happened]
        event = happened(**state, life=life)
        reactor = Reactor(database, (copy_provider, erase_provider))
        await reactor.react(received(tenant, event, version))


def received(tenant: Tenant, event: Any, version: int) -> Received[Any]:
    """An event as it reaches a service."""
    return Received(
        id=new_id(),
        type=event.TYPE,
        subject=tenant.id,
        provider_id=tenant.id,
        time=datetime.now(UTC),
        version=version,
        correlation=new_id(),
        causation=None,
        actor=None,
        data=event,
    )


async def test_an_archive_has_every_row_and_the_persons_in_plain_and_no_column_of_bytes(
    house: House, tenant: Tenant, other_tenant: Tenant
) -> None:
    await furnish(house, tenant)
    await furnish(house, other_tenant)
    await lives(house, "complaints", tenant, ProviderLeft, 2)
    async with house.client("complaints", tenant, "administrator") as client:
        answer = await client.get("/v1/services/complaints/archive")
    assert answer.status_code == 200
    lines = [json.loads(line) for line in answer.text.splitlines()]
    told = lines[-1]["rows"]
    persons = told.pop("persons")
    assert told == dict(await counted(house, "complaints", tenant))
    assert Counter(line["table"] for line in lines if "table" in line) == told
    everyone = [line["data"] for line in lines if "person" in line]
    assert len(everyone) == persons == 2, "the complainant, and the one of the imported case"
    assert NAME in json.dumps(everyone, ensure_ascii=False)
    assert WORDS in json.dumps(everyone, ensure_ascii=False)
    for line in lines:
        assert line.get("row", {}).get("provider_id") in {None, str(tenant.id)}
    hidden = {column.name for table in tables_of("complaints") for column in table.columns if is_bytes(column)}
    assert {"words_sealed", "wrapped_key", "address", "sealed"} <= hidden
    shown = {(line["table"], column) for line in lines if "table" in line for column in line["row"]}
    assert not {(table.name, c.name) for table in tables_of("complaints") for c in table.columns if is_bytes(c)} & shown
    (attachment,) = [line["row"] for line in lines if line.get("table") == "attachment"]
    assert attachment["media_type"] == "text/plain"
    assert len(attachment["sha256"]) == 64


def is_bytes(column: Any) -> bool:
    return isinstance(column.type, LargeBinary)


async def test_an_archive_that_was_cut_off_can_be_told(house: House, tenant: Tenant) -> None:
    await furnish(house, tenant)
    lines: list[Any] = []
    database, opened = house.database("complaints"), 0

    @asynccontextmanager
    async def opens() -> AsyncIterator[UnitOfWork]:
        nonlocal opened
        opened += 1
        if opened == 6:
            raise OSError("away")
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            yield work

    async def take() -> None:
        async for line in archive("complaints", PERSONS, opens):
            lines.extend([json.loads(line)])

    with pytest.raises(OSError, match="away"):
        await take()
    assert lines
    assert not [line for line in lines if "rows" in line]


async def test_the_content_of_a_file_is_fetched_by_its_link_while_a_provider_leaves(
    house: House, tenant: Tenant
) -> None:
    complaint_id = await furnish(house, tenant)
    await lives(house, "complaints", tenant, ProviderLeft, 2)
    async with house.client("complaints", tenant, "administrator") as client:
        house.apps["complaints"].state.runtime.providers._known.clear()
        assert (await client.post("/v1/complaints", json=complaints.complaint())).status_code == 403
        path = f"/v1/complaints/{complaint_id}/attachments"
        (attachment,) = made(await client.get(path))["items"]
        url = await files.link(client, complaint_id, attachment["id"])
        assert (await client.get(url)).content == f"note of {tenant.slug}".encode()


async def test_nothing_is_left_of_a_provider_that_is_erased_and_another_keeps_all(
    house: House, tenant: Tenant, other_tenant: Tenant
) -> None:
    for one in (tenant, other_tenant):
        await furnish(house, one)
    before = {service: await counted(house, service, tenant) for service in house.apps}
    theirs = {service: await counted(house, service, other_tenant) for service in house.apps}
    full = {"complaint", "complaint_party", "attachment", "file", "message", "import_job", "import_refusal"}
    full |= {"clock", "clock_interval", "task", "disclosure", "retention_rule", "provider_key", "calendar_version"}
    full |= {"department_copy", "staff_copy", "training_copy", "appointment_copy"}
    assert full <= before["complaints"].keys()
    assert {"department", "staff", "training", "appointment"} <= before["projects"].keys()
    assert len(objects_of(house, "complaints", tenant)) == 1
    for service in house.apps:
        await lives(house, service, tenant, ProviderErased, 3)
        assert "provider_key" not in await counted(house, service, tenant), "the key goes at once"
        await lives(house, service, tenant, ProviderErased, 3)
    for service in house.apps:
        journal = {name: before[service][name] for name in of_class(service, JOURNAL) if before[service][name]}

        async def gone(service: str = service, journal: Any = journal) -> bool:
            return bool(dict(await counted(house, service, tenant)) == journal)

        await until_async(gone)
        lost = theirs[service] - await counted(house, service, other_tenant)
        assert lost.keys() <= {"timer"}, "the other keeps all, while the clock goes on with what it has to do"
    await until_async(lambda: no_objects(house, tenant))
    assert len(objects_of(house, "complaints", other_tenant)) == 1


async def no_objects(house: House, tenant: Tenant) -> bool:
    return not objects_of(house, "complaints", tenant)


async def test_what_comes_late_for_an_erased_provider_makes_no_row_and_no_key(house: House, tenant: Tenant) -> None:
    await lives(house, "risk", tenant, ProviderErased, 3)
    construct: Any = ComplaintReceived.model_construct
    complaint = construct(complaint_id=new_id(), concerns=["safety"])
    async with worker(house, "risk") as database:
        assert await Reactor(database, RISK.reactions).react(received(tenant, complaint, 1))
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            state = (await provider_of(work)).model_dump(exclude={"life"})
        assert await Reactor(database, RISK.reactions).react(received(tenant, ProviderLeft(**state), 2))
        with pytest.raises(Problem):
            async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
                await provider_vault(work)
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            assert (await provider_of(work)).life == "erased"
            assert not await on_hold(work)

    async def nothing() -> bool:
        return not await counted(house, "risk", tenant)

    await until_async(nothing)


async def test_what_was_under_way_while_a_provider_was_erased_goes_ten_minutes_later(
    house: House, tenant: Tenant
) -> None:
    await lives(house, "complaints", tenant, ProviderErased, 3)

    async def nothing() -> bool:
        return not await counted(house, "complaints", tenant)

    await until_async(nothing)
    store = FileStore(house.settings("complaints"))
    await store.put(f"{tenant.id}/late", b"late")
    superuser = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        late = "INSERT INTO retention_rule VALUES ($1, 'complaint', 5, now(), 'system')"
        await superuser.execute(late, tenant.id)
        due = "UPDATE timer SET due_at = now() WHERE provider_id = $1 AND step = 'late'"
        assert await superuser.execute(due, tenant.id) == "UPDATE 2"
    finally:
        await superuser.close()
    await until_async(nothing)
    await until_async(lambda: no_objects(house, tenant))
