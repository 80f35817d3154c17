"""What hot requests ask of the database is found by an index that the provider leads, as the role that serves.

Each operation is asked over HTTP with every sort and every filter it has; the statements it sends are explained again
within the same provider's transaction, with the values they were sent with and without (a prepared statement's plan
forgets them after five times).
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.access import SignedIn
from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.ids import new_id
from chassis.reconciliation import queries
from chassis.sealing import Vault
from chassis.tables import JOURNAL, TENANT, Base
from services.complaints.documents.queries import confirmed_by
from services.complaints.external_cases.queries import open_cases
from services.complaints.publications.queries import publication_facts
from services.complaints.registers.models import Register
from services.complaints.registers.queries import late_entries
from services.complaints.staff import queries as copies
from tests.make import complaints, documents, external_cases, files, imports, people, projects, publications
from tests.make.catalogue import Table
from tests.make.house import House, Tenant
from tests.make.operations import Operation, operations
from tests.make.proposals import proposed
from tests.make.risk import signals_raised_by
from tests.make.rows import UNASSESSED, fill_many
from tests.make.statements import overheard
from tests.make.yearly import due_review, past_register

Json = dict[str, Any]

OURS, EACH, OTHERS = 600, 300, 30
# What the rows must hold to be listed: the words of contracts and schemas.
SHAPED: dict[str, dict[str, str]] = {
    "calendar": {"number": "-i"},
    "attachment": {"record_type": "'complaint'", "media_type": "'text/plain'"},
    "calendar_version": {
        "number": "-i", "zone": "'Asia/Shanghai'", "hours": """'{"monday": [["09:00", "18:00"]]}'::jsonb""",
    },
    "clock": {"name": "'c' || i"},
    "clock_interval": {"place": "i", "kind": "'running'", "reason": "NULL"},
    "task": {
        "given_to": "'role:' || (ARRAY['reader', 'administrator', 'inspector'])[1 + i % 3]", "ended_at": "NULL",
        "ended_by": "NULL", "handed_from": "NULL",
    },
    "channel": {"kind": "'telephone'", "code": "'c' || i"},
    "channel_version": {},
    "complaint": {
        "receipt_number": "'26-' || i", "category": "'c' || i % 10", "channel": "'other'", "channel_id": "NULL",
        "language": "'zh-CN'", "urgency": "'low'", "impact": "'low'",
        "priority": "(ARRAY['critical', 'high', 'moderate', 'low'])[1 + i % 4]",
        "registered_at": "now()", "decided_at": "NULL", "closed_at": "now()", "imported_by_job": "NULL",
        "cause": "'c' || i % 50", "service": "'s' || i % 10", **UNASSESSED,
    },
    "complaint_party": {},
    "complaint_contact": {},
    "publication": {
        "channel": "'c' || i % 10", "kind": "'site'", "state": "(ARRAY['listed', 'removed'])[1 + i % 2]",
        "faulty": "i % 3 = 0", "removed_at": "CASE WHEN i % 2 = 1 THEN now() END",
        "cause": "CASE WHEN i % 2 = 1 THEN 'moved' END",
    },
    "publication_check": {"found": """'{"telephone": "missing"}'::jsonb""", "entered_at": "now()"},
    "external_case": {
        "body": "(ARRAY['12345', 'court'])[1 + i % 2]", "reply_method": "NULL", "outcome": "NULL", "cause": "NULL",
        "party_id": "NULL", "summary_sealed": "NULL",
    },
    "handling_record": {"place": "i", "message_id": "NULL", "party_id": "NULL"},
    "notice_copy": {"message_id": "NULL"},
    "desk_policy": {"number": "i", "causes": """'[{"code": "c1", "en": "one", "zh": "一"}]'::jsonb"""},
    "document": {"code": "'d' || i", "kind": "(ARRAY['system', 'procedure', 'guide'])[1 + i % 3]"},
    "document_version": {
        "number": "i", "serves": "ARRAY['8.2-2']", "binds": "ARRAY['administrator']", "approved_by": "NULL",
        "in_force_to": "NULL",
    },
    "reading": {},
    "system_version": {"serves": "ARRAY['8.2-2']", "in_force_to": "NULL"},
    "system_reading": {},
    "erasure": {"basis": "'request'"},
    "disclosure": {},
    "retention_rule": {"years": "3", "data_class": "'c' || i"},
    "file": {},
    "file_usage": {},
    "import_job": {"kind": "'complaint'", "fault": "NULL"},
    "import_part": {"number": "i"},
    "import_key": {},
    "import_refusal": {"message": """'{"en": "wrong", "zh": "有误"}'::jsonb"""},
    "journal": {},
    "message": {
        "kind": "'acknowledgement'", "language": "'en'", "wrapped_key": "NULL", "mail_sealed": "NULL", "sha256": "NULL",
    },
    "provider_key": {},
    "register": {"year": "3000 + i"}, "register_row": {"number": "i"},
    "review": {"year": "3000 + i", "outcome": "'keep'"},
    "department": {"kind": "'department'", "parent_id": "NULL", "code": "'d' || i"},
    "staff": {"absent_from": "current_date", "absent_until": "current_date + i % 30"},
    "training": {"score": "i % 100", "pass_mark": "60", "valid_until": "current_date + 1"},
    "appointment": {"share": "50", "ends_on": "NULL", "state": "'in_force'", "cause": "NULL"},
    "department_copy": {}, "staff_copy": {}, "training_copy": {}, "appointment_copy": {},
    "complaint_figure": {
        "calendar": "1", "round": "1", "channel": "'other'", "origin": "(ARRAY['intake', 'import'])[1 + i % 2]",
        "decision": "'upheld'", "satisfaction": "'satisfied'",
    },
    "figure_count": {"grain": "(ARRAY['day', 'month'])[1 + i % 2]", "measure": "'received'", "channel": "'c' || i"},
    "figure_progress": {},
    "signal": {"source_type": "'complaint'"},
    "proposed_complaint": {
        "state": "(ARRAY['proposed', 'confirmed', 'dismissed'])[1 + i % 3]", "cause": "'no_complaint'",
    },
    "client": {"roles": "ARRAY['reader']"},
    "api_key": {
        "scopes": "NULL", "client_id": "CASE WHEN i % 2 = 0 THEN gen_random_uuid() END",
        "account_id": "CASE WHEN i % 2 = 1 THEN gen_random_uuid() END",
    },
    "member": {"roles": "ARRAY['reader']", "wrapped_key": "NULL"},
    "invitation": {"roles": "ARRAY['reader']", "wrapped_key": "NULL", "secret_hash": "sha256(i::text::bytea)"},
    "profile": {"id": "provider"},
}  # fmt: skip
TIMERS = {"clock": "'none'", "due_at": "now() + interval '1 year'"}
"""Timers that nobody fires: of a few rows, PostgreSQL reads all as soon as it has counted them."""
OF_ONE_ROW = {
    "figure_progress",
    "file_usage",
    "provider_key",
    "profile",
}  # one row for each provider: many providers make many rows
VALUES = {
    "account_id": str(new_id()),
    "category": "c1",
    "cause": "c1",
    "service": "s1",
    "from": "2026-01-01",
    "to": "2026-12-31",
    "handler_id": str(new_id()),
    "follows": str(new_id()),
    "channel": "other",
    "client_id": str(new_id()),
    "customer_id": str(new_id()),
    "data_class": "complaint",
    "competence": "complaint_handling",
    "duty": "complaint_handling",
    "dedicated": True,
    "kind": "acknowledgement",
    "owner_id": str(new_id()),
    "record_id": str(new_id()),
    "overdue": True,
    "faulty": True,
    "in_force": True,
    "due_before": "2027-01-01T00:00:00Z",
    "year": 2001,
}
MERGED = {"list_messages", "read_message"}
"""Put to the services, whose own operations are asked here."""
OPERATIONS = [one for one in operations() if one.name not in MERGED]
LISTS = [one for one in OPERATIONS if "limit" in {each["name"] for each in one.description.get("parameters", [])}]


@dataclass
class Known:
    """A provider with many rows, and records of its own that were made as clients make them."""

    tenant: Tenant
    ids: dict[str, str]
    receipt_code: str
    mail: str
    content: dict[str, str]

    def of(self, operation: Operation) -> dict[str, str]:
        """The ids for an operation's address; some services and places of publication have files and messages of their
        own.
        """
        own = {"gateway": {"message_id": self.mail}, "risk": self.content}.get(operation.service, {})
        if "publication" in operation.path:
            own = {"attachment_id": self.ids["proof_id"], "token": self.ids["proof_token"]}
        return self.ids | own


@pytest.fixture(scope="session")
async def known(whole_house: House, first: Tenant, catalogues: dict[str, dict[str, Table]]) -> Known:
    """One provider with many rows among others, in every tenant table of every service."""
    rows = {first.id: OURS} | {new_id(): EACH for _ in range(OTHERS)}
    one_each = {new_id(): 1 for _ in range(OURS * 5)}
    for service, tables in catalogues.items():
        connection = await asyncpg.connect(whole_house.servers.postgres.dsn(service))
        try:
            await fill_many(connection, tables["timer"], rows, **TIMERS)
            for name, table in tables.items():
                if name in SHAPED:
                    await fill_many(connection, table, one_each if name in OF_ONE_ROW else rows, **SHAPED[name])
        finally:
            await connection.close()
    return await make_records(whole_house, first)


async def make_records(house: House, tenant: Tenant) -> Known:
    async with house.client("complaints", tenant, "administrator") as client:
        channel = await complaints.open_channel(client, f"c-{new_id().hex[-12:]}")
        parties = [{"email": "wang.fang@customer.example"}]
        complaint = await complaints.receive(client, concerns=["safety"], parties=parties)
        params = {"record_id": complaint["id"]}
        (message,) = complaints.made(await client.get("/v1/services/complaints/messages", params=params))["items"]
        job = await imports.imported(client, imports.csv_of([imports.case("C-1", opened="")]))
        complaint = await complaints.receive(client, concerns=["safety"])
        await complaints.acknowledge(client, complaint["id"])
        attachment = await files.add(client, complaint["id"], "note.txt", b"note")
        link = await files.link(client, complaint["id"], attachment["id"])
        place = await publications.list_place(client, channel=channel["code"])
        proof = await publications.prove(client, place["id"])
        address = f"/v1/publications/{place['id']}/attachments/{proof}/link"
        proof_link = complaints.made(await client.post(address))["url"]
        await publications.check(client, place["id"])
        case = await external_cases.register(client, complaint["id"])
        proposal = await proposed(house, tenant, client)
    async with house.client("risk", tenant, "administrator") as client:
        signal = (await signals_raised_by(client, complaint["id"]))[0]
    async with house.client("projects", tenant, "administrator") as client:
        department = await projects.register_department(client)
        team = await projects.register_team(client, department["id"])
        staff = await projects.register_staff(client, department["id"], team_id=team["id"])
        training = await projects.plan_training(client, staff["id"])
        appointment = await projects.appoint(client, staff["id"])
    async with house.client("risk", tenant, "administrator") as client:
        document = await documents.create(client)
        version = document["newest"]["id"]
        content = complaints.made(await documents.send(client, version), 201)
        path = f"/v1/document-versions/{version}/attachments/{content['id']}/link"
        content_link = complaints.made(await client.post(path))["url"]
    async with house.client("gateway", tenant, "administrator") as client:
        machine = complaints.made(await client.post("/v1/clients", json={"name": "M", "roles": ["reader"]}), 201)
        key = complaints.made(await client.post(f"/v1/clients/{machine['id']}/keys", json={"name": "K"}), 201)
        invited = await people.invitation(client)
        params = {"record_id": invited["id"]}
        (mail,) = complaints.made(await client.get("/v1/services/gateway/messages", params=params))["items"]
        calendar = complaints.made(await client.post("/v1/calendars", json={"region": "DE"}), 201)
    async with house.client("gateway") as anyone:
        member = (await people.accepted(anyone, invited))["member"]
    ids = {
        "channel_id": channel["id"],
        "complaint_id": complaint["id"],
        "attachment_id": attachment["id"],
        "token": link.rpartition("/")[2],
        "publication_id": place["id"],
        "proof_id": proof,
        "proof_token": proof_link.rpartition("/")[2],
        "external_case_id": case["id"],
        "message_id": message["id"],
        "import_id": job["id"],
        "signal_id": signal["id"],
        "proposal_id": proposal["id"],
        "survey_id": proposal["survey_id"],
        "department_id": department["id"],
        "parent_id": department["id"],
        "team_id": team["id"],
        "account_id": staff["id"],
        "training_id": training["id"],
        "appointment_id": appointment["id"],
        "document_id": document["id"],
        "document_version_id": version,
        "client_id": machine["id"],
        "key_id": key["id"],
        "member_id": member["id"],
        "invitation_id": invited["id"],
        "calendar_id": calendar["id"],
        "register_id": (await past_register(house, tenant))["id"],
        "review_id": (await due_review(house, tenant))["id"],
        "provider_id": str(tenant.id),
        "provider": tenant.slug,
        "receipt": complaint["receipt_number"],
        "source": complaint["id"],
        "code": "I-C4",
    }
    of_risk = {"attachment_id": content["id"], "token": content_link.rpartition("/")[2]}
    return Known(tenant, ids, complaint["receipt_code"], mail["id"], of_risk)


@dataclass
class Sent:
    """Statements that a service has sent, with their values."""

    statements: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def note(self, statement: str, values: tuple[Any, ...]) -> None:
        """One statement with its values; of many rows, which only `INSERT` has, none are told."""
        if values:
            self.statements[statement] = values

    def on_tenant_tables(self) -> dict[str, tuple[Any, ...]]:
        """Reads and changes of what belongs to providers."""
        tables = {table.name for table in Base.metadata.tables.values() if table.info["class"] in {TENANT, JOURNAL}}
        return {
            statement: values
            for statement, values in self.statements.items()
            if not statement.startswith("INSERT") and tables & set(re.findall(r"\w+", statement))
        }


@asynccontextmanager
async def listening(house: House, service: str) -> AsyncIterator[Sent]:
    """Notes what a service's serving role sends."""
    sent = Sent()
    async with overheard(house.database(service), sent.note):
        yield sent


async def explained(house: House, service: str, tenant: Tenant, sent: Sent) -> AsyncIterator[tuple[str, Json]]:
    """Each statement with its two plans, made by the serving role within the provider's transaction."""
    for statement, values in sent.on_tenant_tables().items():
        async with house.database(service).work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            planned = await work.driver.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
            yield statement, planned[0]["Plan"]
            await work.driver.execute(f"SET LOCAL plan_cache_mode = force_generic_plan; PREPARE generic AS {statement}")
            nothing = ", ".join(["NULL"] * len(values))
            planned = await work.driver.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE generic({nothing})")
            await work.driver.execute("DEALLOCATE generic")
            yield f"(without values) {statement}", planned[0]["Plan"]


def nodes(plan: Json) -> Iterator[Json]:
    """A plan's nodes."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def faults(plan: Json, indexes: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """What in a plan grows with the rows of all providers."""
    for node in nodes(plan):
        kind = node["Node Type"]
        if kind == "Seq Scan":
            yield f"reads all of {node['Relation Name']}"
        elif "Index" in kind and "Index Name" in node:
            name, condition = node["Index Name"], node.get("Index Cond", "")
            if indexes.get(name, ("",))[0] != "provider_id":
                yield f"uses {name}, which the provider does not lead"
            elif "provider_id =" not in condition:
                yield f"reads all of {name}"


async def check(house: House, known: Known, service: str, sent: Sent, tables: dict[str, Table]) -> None:
    """No statement reads what belongs to other providers."""
    indexes = {name: columns for table in tables.values() for name, columns in table.indexes.items()}
    assert sent.on_tenant_tables(), "no statement was noted: the test would say nothing"
    async for statement, plan in explained(house, service, known.tenant, sent):
        wrong = list(faults(plan, indexes))
        assert not wrong, f"{wrong}\n{statement}\n{json.dumps(plan, indent=1)}"


def caller(house: House, operation: Operation, known: Known) -> httpx.AsyncClient:
    """A client with the one permission that the operation needs, or a person who may do all where it needs none."""
    if isinstance(operation.access, SignedIn):
        token = house.person_token(known.tenant, UUID(known.ids["member_id"]), "administrator")
        return house.client_of(operation.service, token)
    permission = operation.access.permission if operation.access is not None else None
    return house.client(operation.service, known.tenant, *((permission,) if permission else ()))


def variations(operation: Operation, known: Known) -> Iterator[Json]:
    """The parameters of a list: each sort, and each filter by itself; a filter over a few values by its first."""
    parameters = {one["name"]: one["schema"] for one in operation.description["parameters"] if one["in"] == "query"}
    for sort in parameters.get("sort", {}).get("enum", [None]):
        sorted_ = {"sort": sort} if sort else {}
        yield sorted_
        if "updated_since" in parameters:
            yield sorted_ | {"updated_since": "2026-01-01T00:00:00Z"}
    for name, schema in parameters.items():
        if name not in {"limit", "cursor", "sort", "updated_since"}:
            choices = [
                each.get("enum") or [each["const"]]
                for each in schema.get("anyOf", [schema])
                if {"enum", "const"} & each.keys()
            ]
            yield {name: choices[0][0] if choices else known.ids.get(name) or VALUES[name]}


OF_NO_PROVIDER = re.compile("dead-letters|/v1/providers$|/v1/me/")
"""Lists of the operator, and those that are merged from others."""
LISTS_OF_PROVIDERS = [one for one in LISTS if not OF_NO_PROVIDER.search(one.path)]
READS = [one for one in OPERATIONS if one.method == "GET" and one.parameters and one not in LISTS]


@pytest.mark.parametrize("operation", LISTS_OF_PROVIDERS, ids=str)
async def test_a_page_of_a_list_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]], operation: Operation
) -> None:
    path = operation.path.format(**known.of(operation))
    async with caller(whole_house, operation, known) as client:
        for variation in variations(operation, known):
            async with listening(whole_house, operation.service) as sent:
                page = complaints.made(await client.get(path, params=variation | {"limit": 50}))
                if page["next"]:
                    complaints.made(await client.get(path, params=variation | {"limit": 50, "cursor": page["next"]}))
            await check(whole_house, known, operation.service, sent, catalogues[operation.service])


async def test_a_page_deep_in_a_list_is_found_like_the_first(whole_house: House, known: Known) -> None:
    async with whole_house.client("complaints", known.tenant, "reader") as client:
        params: Json = {"limit": 200}
        for _ in range(OURS // 200):
            async with listening(whole_house, "complaints") as sent:
                page = complaints.made(await client.get("/v1/complaints", params=params))
            params["cursor"] = page["next"]
    plans = [plan async for _, plan in explained(whole_house, "complaints", known.tenant, sent)]
    assert len(plans) == 2
    for plan in plans:
        assert "Sort" not in {node["Node Type"] for node in nodes(plan)}, (
            "a page that sorts the list is slower the longer it is"
        )
        (scan,) = (node for node in nodes(plan) if "Index" in node["Node Type"])
        assert "ROW(" in scan["Index Cond"], "the page begins where the cursor stands, and not at the beginning"


@pytest.mark.parametrize("operation", READS, ids=str)
async def test_one_record_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]], operation: Operation
) -> None:
    headers = {"Receipt-Code": known.receipt_code}
    async with caller(whole_house, operation, known) as client, listening(whole_house, operation.service) as sent:
        answer = await client.get(operation.path.format(**known.of(operation)), headers=headers)
        assert answer.status_code == 200, answer.text
    await check(whole_house, known, operation.service, sent, catalogues[operation.service])


async def test_what_a_step_reads_and_changes_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    async with whole_house.client("complaints", known.tenant, "administrator") as client:
        code = f"c-{new_id().hex[-12:]}"
        await complaints.open_channel(client, code)
        async with listening(whole_house, "complaints") as sent:
            received = await complaints.receive(client, channel=code)
            await complaints.acknowledge(client, received["id"])
            await files.add(client, received["id"], "note.txt", b"another note")
            place = await publications.list_place(client, channel=code)
            await publications.check(client, place["id"])
            case = await external_cases.register(client, received["id"])
            await external_cases.take(client, case["id"], "rule", outcome="upheld", summary="Repaid.")
    assert any(re.search(r"\bUPDATE \w+ SET\b", statement) for statement in sent.on_tenant_tables())
    assert any("FOR UPDATE" in statement for statement in sent.statements)
    await check(whole_house, known, "complaints", sent, catalogues["complaints"])


async def test_what_handling_asks_of_the_copies_of_staff_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    account, other, today = UUID(known.ids["account_id"]), new_id(), datetime.now(UTC).date()
    working = whole_house.database("complaints").work(known.tenant.id, actor=SYSTEM, correlation=new_id())
    async with listening(whole_house, "complaints") as sent, working as work:
        await copies.handling_facts(work, account, today)
        await copies.in_direct_team(work, account, other)
        await copies.next_level(work, account)
        await copies.dedicated_days(work, today - timedelta(days=365), today)
        await work.read(copies.HEADED_BY_ANY, ids=[account, other])
    assert len(sent.on_tenant_tables()) == 5
    await check(whole_house, known, "complaints", sent, catalogues["complaints"])


async def test_what_a_report_asks_of_places_of_publication_and_of_cases_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    working = whole_house.database("complaints").work(known.tenant.id, actor=SYSTEM, correlation=new_id())
    async with listening(whole_house, "complaints") as sent, working as work:
        assert await publication_facts(work, work.now)
        assert await open_cases(work, UUID(known.ids["complaint_id"]))
    await check(whole_house, known, "complaints", sent, catalogues["complaints"])


async def test_late_entries_of_a_register_are_sought_among_what_changed_since_the_last_look(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    now = datetime.now(UTC)
    begins_at, signed_at = now - timedelta(days=400), now - timedelta(days=30)
    looked_at = now + timedelta(hours=1)  # all of these rows changed just now: nothing has since
    register = Register(begins_at=begins_at, ends_at=signed_at, signed_at=signed_at, looked_at=looked_at)
    working = whole_house.database("complaints").work(known.tenant.id, actor=SYSTEM, correlation=new_id())
    async with listening(whole_house, "complaints") as sent, working as work:
        await late_entries(work, register, 500)
    await check(whole_house, known, "complaints", sent, catalogues["complaints"])
    async for _, plan in explained(whole_house, "complaints", known.tenant, sent):
        (changed,) = (one for one in nodes(plan) if one.get("Subplan Name") == "CTE changed")
        assert any("updated_at" in one.get("Index Cond", "") for one in nodes(changed)), json.dumps(changed)


async def test_what_a_step_of_a_document_reads_and_changes_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    reader = whole_house.client_of("risk", whole_house.person_token(known.tenant, new_id(), "complaint_handler"))
    author, manager = (whole_house.client("risk", known.tenant, role) for role in ("quality_manager", "management"))
    async with author, manager, reader, listening(whole_house, "risk") as sent:
        version = await documents.in_force(author, manager)
        await documents.step(reader, version["id"], "confirm-reading")
        await documents.next_in_force(author, manager, version["id"])
    assert any("UPDATE document_version SET" in statement for statement in sent.on_tenant_tables())
    await check(whole_house, known, "risk", sent, catalogues["risk"])


async def test_what_is_known_of_documents_is_found_by_an_index(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    working = whole_house.database("complaints").work(known.tenant.id, actor=SYSTEM, correlation=new_id())
    async with listening(whole_house, "complaints") as sent, working as work:
        assert await confirmed_by(work, "8.2-2") == frozenset()
    await check(whole_house, known, "complaints", sent, catalogues["complaints"])


async def test_a_search_is_found_by_the_index_of_terms_which_are_a_provider_s_own(
    whole_house: House, known: Known, catalogues: dict[str, dict[str, Table]]
) -> None:
    superuser = await asyncpg.connect(whole_house.servers.postgres.dsn("complaints"))
    try:
        hashes = "SELECT gen_random_uuid(), gen_random_uuid(), ARRAY[i, -i] FROM generate_series(1, 20000) AS i"
        await superuser.execute(f"INSERT INTO complaint_terms {hashes}")
        await superuser.execute("ANALYZE complaint_terms")
    finally:
        await superuser.close()
    asked: list[Json] = [{}, {"state": "received"}, {"category": "c1"}, {"overdue": True}, {"sort": "updated_at"}]
    client = whole_house.client("complaints", known.tenant, "complaint_handler")
    async with client, listening(whole_house, "complaints") as sent:
        for one in asked:
            complaints.made(await client.post("/v1/complaints/search", json={"text": "portal"} | one))
    indexes = {name: columns for one in catalogues["complaints"].values() for name, columns in one.indexes.items()}
    plans = [
        plan async for said, plan in explained(whole_house, "complaints", known.tenant, sent) if "by_terms" in said
    ]
    assert len(plans) >= 2 * len(asked)
    for plan in plans:
        assert set(faults(plan, indexes)) == {"uses ix_complaint_terms_terms, which the provider does not lead"}


@pytest.mark.parametrize("query", [queries.JOURNAL_DIGESTS, queries.JOURNAL_IDS, queries.REPLAY, queries.PAGE_END])
async def test_what_a_consumer_asks_for_is_found_by_time_as_the_worker(
    whole_house: House, known: Known, query: str
) -> None:
    until = datetime.now(UTC) - timedelta(days=3)
    since = until - timedelta(hours=1)
    values: dict[str, tuple[Any, ...]] = {
        queries.PAGE_END: (since, until, 100),
        queries.JOURNAL_IDS: (["x"], since, until, new_id(), 100),
        queries.REPLAY: (["x"], since, until, [new_id()]),
    }
    settings = whole_house.settings("complaints")
    worker = Database(settings, "worker", Vault(settings.master_key.get_secret_value()))
    async with worker.connection() as (_, driver):
        asked = values.get(query, (["x"], since, until))
        planned = await driver.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *asked)
    await worker.close()
    scans = [node for node in nodes(planned[0]["Plan"]) if node.get("Relation Name") == "journal"]
    named = {node.get("Index Name") for node in nodes(planned[0]["Plan"])}
    assert "Seq Scan" not in {node["Node Type"] for node in scans}
    assert "ix_journal_at" in named


def test_every_table_of_providers_has_many_rows_in_these_tests() -> None:
    tables = {table.name for table in Base.metadata.tables.values() if table.info["class"] in {TENANT, JOURNAL}}
    assert tables == SHAPED.keys(), "say in SHAPED what a row of the table must hold to be listed"


def test_a_plan_that_reads_other_providers_rows_is_seen() -> None:
    led = {"ix_a": ("provider_id", "at"), "ix_b": ("at",)}
    scan = {"Node Type": "Index Scan", "Index Name": "ix_a", "Index Cond": "(provider_id = $1)"}
    assert not list(faults({"Node Type": "Limit", "Plans": [scan]}, led))
    assert list(faults({"Node Type": "Limit", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "a"}]}, led))
    assert list(faults(scan | {"Index Name": "ix_b"}, led))
    assert list(faults(scan | {"Index Cond": "(at > $1)"}, led))
