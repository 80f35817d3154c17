"""Every operation against every kind of caller: nobody, forged, without the permission, of another provider, right."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from joserfc.jwk import OKPKey

from chassis.access import Operating
from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.tokens import Issuer
from contracts.permissions import PERMISSIONS
from tests.contract.conftest import registered
from tests.make import complaints, documents, external_cases, files, handling, imports, people, projects, publications
from tests.make.house import ISSUER, House, Tenant
from tests.make.operations import Operation, operations
from tests.make.proposals import proposed
from tests.make.risk import signals_raised_by
from tests.make.yearly import due_review, past_register

GIVEN = "reader"
GIVING = {"create_client", "create_key", "invite_person", "invite_member"}
"""Operations that hand powers on, and ask for those powers beside the permission."""

OF_LIFE = {"suspend_provider", "leave_provider", "hold_provider"}
"""Operations after which a provider is not what the other tests need: they get one of their own."""

PROTECTED = [one for one in operations() if one.access is not None and one.access.permission is not None]
WITHIN_PROVIDER = [one for one in PROTECTED if not isinstance(one.access, Operating)]
DEFINED = {"code"}
"""Parameters that name a definition, which is the same for every provider, and no record."""
OF_A_RECORD = [one for one in WITHIN_PROVIDER if set(one.parameters) - DEFINED]
OF_INSTALLATION = [one for one in PROTECTED if isinstance(one.access, Operating)]

every_protected = pytest.mark.parametrize("operation", PROTECTED, ids=str)

BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "create_channel": lambda: {"code": f"c-{new_id().hex[-12:]}", "kind": "web", "name": "Web form"},
    "publish_channel": complaints.promise,
    "create_publication": publications.place,
    "check_publication": lambda: {"found": publications.found(), "proof": str(new_id())},
    "remove_publication": lambda: {"cause": "moved"},
    "register_external_case": lambda: external_cases.case(str(new_id())),
    "reply_external_case": lambda: {"method": "portal"},
    "rule_external_case": lambda: {"outcome": "upheld"},
    "withdraw_external_case": dict,
    "correct_external_case_entry": lambda: {"cause": "double_entry"},
    "receive_complaint": complaints.complaint,
    "search_complaints": lambda: {"text": "门户网站"},
    "acknowledge_complaint": complaints.contact,
    "create_document": documents.document,
    "change_document": lambda: {"title": "投诉回访制度"},
    "change_document_draft": lambda: {"summary": "Second edition."},
    "approve_document": dict,
    "withdraw_document": lambda: {"reason": "Entered twice."},
    "repeal_document": lambda: {"reason": "The service has ended."},
    "review_document": lambda: {"next_review_on": "2099-01-01"},
    "publish_policy": dict,
    "take_step_for_many": lambda: {"step": "start", "ids": [str(new_id())], "body": {"words": "I look at the logs."}},
    **{f"{step}_complaint": partial(dict, body) for step, body in handling.BODIES.items()},
    "find_complaints_persons": lambda: {"email": "wang.fang@customer.example"},
    "change_complaints_retention": lambda: {"data_class": "complaint", "years": 5},
    "change_gateway_retention": lambda: {"data_class": "member", "years": 5},
    "bounce_complaints_message": lambda: {"code": "5.1.1"},
    "confirm_proposed_complaint": complaints.complaint,
    "dismiss_proposed_complaint": lambda: {"cause": "no_complaint"},
    "close_year": lambda: {"year": 2001},
    "conclude_review": lambda: {"outcome": "keep", "words": "The limits were kept."},
    "register_department": lambda: {"code": f"d-{new_id().hex[-12:]}", "name": "Service desk"},
    "change_department": lambda: {"name": "Service centre"},
    "register_staff": lambda: {"account_id": str(new_id()), "department_id": str(new_id()), "post": "agent"},
    "change_staff": lambda: {"post": "service-lead"},
    "record_absence": lambda: {
        "absent_from": projects.today(),
        "absent_until": projects.today(7),
        "backup_id": str(new_id()),
    },
    "rejoin_staff": lambda: {"department_id": str(new_id()), "post": "agent"},
    "plan_training": lambda: projects.planned(str(new_id())),
    "take_training": dict,
    "pass_training": lambda: {"score": 80, "assessor_id": str(new_id())},
    "fail_training": lambda: {"score": 20, "assessor_id": str(new_id())},
    "retake_training": lambda: {"planned_on": projects.today()},
    "certify_training": projects.certificate,
    "withdraw_training": lambda: {"cause": "cancelled"},
    "make_appointment": lambda: projects.appointing(str(new_id())),
    "end_appointment": lambda: {"cause": "completed"},
    "register_provider": lambda: {
        "slug": f"p-{new_id().hex[-12:]}",
        "name": "另一供方",
        "time_zone": "Asia/Shanghai",
        "language": "en",
        "working_hours": {},
    },
    "change_provider": lambda: {"name": "示范供方甲"},
    "suspend_provider": lambda: {"reason": "unpaid"},
    "leave_provider": lambda: {"reason": "contract_ended"},
    "change_calendar_region": lambda: {"region": "CN"},
    "load_official_list": lambda: {"year": 2027, "days": [{"date": "2027-02-06", "kind": "closed"}]},
    "override_days": lambda: {"days": [{"date": "2027-02-06", "kind": "closed"}]},
    "create_client": lambda: {"name": "Machine", "roles": [GIVEN]},
    "create_first_administrator": lambda: {"name": "Administration", "roles": ["administrator"]},
    "change_client": lambda: {"name": "Renamed"},
    "create_key": lambda: {"name": "Key"},
    "invite_person": lambda: people.PERSON | {"roles": [GIVEN]},
    "invite_member": dict,
    "change_member": lambda: {"name": "王芳芳"},
    "bounce_gateway_message": lambda: {"code": "5.1.1"},
    "recover_provider": lambda: people.PERSON | {"reason": "Both administrators have left."},
}
FORMS: dict[str, Callable[[], dict[str, Any]]] = {
    "add_complaint_attachment": lambda: {
        "data": {"purpose": "evidence"},
        "files": {"file": ("note.txt", b"note")},
    },
    "add_publication_attachment": lambda: {
        "data": {"purpose": "proof"},
        "files": {"file": ("note.txt", b"note")},
    },
    "add_document_version_attachment": lambda: {
        "data": {"purpose": "content"},
        "files": {"file": ("system.txt", b"The system.")},
    },
    "receive_recorded_complaint": files.recorded,
    "import_complaints": lambda: imports.form(imports.csv_of([imports.case("C-1")])),
}
"""A valid body of each operation that takes one: a foreign record must be 404 for who sends all the rest right."""


PARAMETERS = {"list_people": {"ids": str(new_id())}}
"""What an operation must be asked for beside its address."""


async def make_channel(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await complaints.create_channel(client, f"c-{new_id().hex[-12:]}"))["id"])


async def make_code(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await complaints.open_channel(client, f"c-{new_id().hex[-12:]}"))["code"])


async def make_publication(house: House, tenant: Tenant) -> str:
    code = await make_code(house, tenant)
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await publications.list_place(client, channel=code))["id"])


async def make_proof(house: House, tenant: Tenant, publication_id: str) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return await publications.prove(client, publication_id)


async def make_external_case(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await external_cases.register(client))["id"])


async def make_complaint(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await complaints.receive(client))["id"])


async def make_person(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await complaints.receive(client))["parties"][0]["id"])


async def make_document(house: House, tenant: Tenant) -> str:
    async with house.client("risk", tenant, "administrator") as client:
        return str((await documents.create(client))["id"])


async def make_document_version(house: House, tenant: Tenant) -> str:
    async with house.client("risk", tenant, "administrator") as client:
        return str((await documents.create(client))["newest"]["id"])


async def make_content(house: House, tenant: Tenant, version_id: str) -> str:
    async with house.client("risk", tenant, "administrator") as client:
        return str(complaints.made(await documents.send(client, version_id), 201)["id"])


async def make_attachment(house: House, tenant: Tenant, complaint_id: str) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await files.add(client, complaint_id, "note.txt", b"note"))["id"])


async def make_message(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        complaint = await complaints.receive(client, parties=[{"email": "wang.fang@customer.example"}])
        params = {"record_id": complaint["id"]}
        answer = await client.get("/v1/services/complaints/messages", params=params)
        return str(complaints.made(answer)["items"][0]["id"])


async def make_invitation_message(house: House, tenant: Tenant) -> str:
    async with house.client("gateway", tenant, "administrator") as client:
        params = {"record_id": (await people.invitation(client, GIVEN))["id"]}
        answer = await client.get("/v1/services/gateway/messages", params=params)
        return str(complaints.made(answer)["items"][0]["id"])


async def make_signal(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        complaint = await complaints.receive(client, concerns=["safety"])
    async with house.client("risk", tenant, "administrator") as client:
        return str((await signals_raised_by(client, complaint["id"]))[0]["id"])


async def make_proposal(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await proposed(house, tenant, client))["id"])


async def make_client(house: House, tenant: Tenant) -> str:
    async with house.client("gateway", tenant, "administrator") as client:
        answer = await client.post("/v1/clients", json={"name": "Machine", "roles": [GIVEN]})
        return str(complaints.made(answer, 201)["id"])


async def make_key(house: House, tenant: Tenant) -> str:
    owner = await make_client(house, tenant)
    async with house.client("gateway", tenant, "administrator") as client:
        answer = await client.post(f"/v1/clients/{owner}/keys", json={"name": "Key"})
        return str(complaints.made(answer, 201)["id"])


async def make_member(house: House, tenant: Tenant) -> str:
    async with house.client("gateway", tenant, "administrator") as client, house.client("gateway") as anyone:
        return str((await people.accepted(anyone, await people.invitation(client, GIVEN)))["member"]["id"])


async def make_invitation(house: House, tenant: Tenant) -> str:
    async with house.client("gateway", tenant, "administrator") as client:
        return str((await people.invitation(client, GIVEN))["id"])


async def present_calendar(house: House, tenant: Tenant) -> str:
    async with house.client("gateway", tenant, "administrator") as client:
        return str(complaints.made(await client.get("/v1/calendars"))["items"][0]["id"])


async def make_import(house: House, tenant: Tenant) -> str:
    async with house.client("complaints", tenant, "administrator") as client:
        return str((await imports.start(client, imports.csv_of([imports.case("C-1", opened="")])))["id"])


async def make_department(house: House, tenant: Tenant) -> str:
    async with house.client("projects", tenant, "administrator") as client:
        return str((await projects.register_department(client))["id"])


async def make_staff(house: House, tenant: Tenant) -> str:
    async with house.client("projects", tenant, "administrator") as client:
        department = await projects.register_department(client)
        return str((await projects.register_staff(client, department["id"]))["id"])


async def make_training(house: House, tenant: Tenant) -> str:
    account_id = await make_staff(house, tenant)
    async with house.client("projects", tenant, "administrator") as client:
        return str((await projects.plan_training(client, account_id))["id"])


async def make_appointment(house: House, tenant: Tenant) -> str:
    account_id = await make_staff(house, tenant)
    async with house.client("projects", tenant, "administrator") as client:
        return str((await projects.appoint(client, account_id))["id"])


async def make_register(house: House, tenant: Tenant) -> str:
    return str((await past_register(house, tenant))["id"])


async def make_review(house: House, tenant: Tenant) -> str:
    return str((await due_review(house, tenant))["id"])


async def own_id(house: House, tenant: Tenant) -> str:
    return str(tenant.id)


async def a_definition(house: House, tenant: Tenant) -> str:
    """The code of an indicator."""
    return "I-C4"


MAKERS: dict[str, Callable[[House, Tenant], Awaitable[str]]] = {
    "channel_id": make_channel,
    "publication_id": make_publication,
    "external_case_id": make_external_case,
    "complaint_id": make_complaint,
    "document_id": make_document,
    "document_version_id": make_document_version,
    "person_id": make_person,
    "message_id": make_message,
    "signal_id": make_signal,
    "proposal_id": make_proposal,
    "client_id": make_client,
    "key_id": make_key,
    "member_id": make_member,
    "invitation_id": make_invitation,
    "calendar_id": present_calendar,
    "import_id": make_import,
    "department_id": make_department,
    "account_id": make_staff,
    "training_id": make_training,
    "appointment_id": make_appointment,
    "register_id": make_register,
    "review_id": make_review,
    "provider_id": own_id,
    "code": a_definition,
}
"""A record for each parameter of an address, made as a client makes it."""

NAMED: dict[str, tuple[str, Callable[[House, Tenant], Awaitable[str]]]] = {
    "create_publication": ("channel", make_code),
    "register_external_case": ("complaint_id", make_complaint),
}
"""Bodies that name a record: in which field, and how such a record is made."""


async def make_letter(house: House, service: str) -> str:
    """A dead letter that stays one however often it is requeued."""
    letter = new_id()
    connection = await asyncpg.connect(house.servers.postgres.dsn(service))
    try:
        await connection.execute(
            "INSERT INTO dead_letter (id, producer, sequence, payload, reason, failures, died_at)"
            " VALUES ($1, 'gateway', 1, '{}', 'unreadable', 1, now())",
            letter,
        )
    finally:
        await connection.close()
    return str(letter)


async def address(house: House, operation: Operation, tenant: Tenant) -> str:
    """The operation's address with records of a provider in it."""
    ids: dict[str, str] = {}
    for parameter in operation.parameters:
        if parameter == "letter_id":
            ids[parameter] = await make_letter(house, operation.service)
        elif parameter == "attachment_id" and "publication_id" in ids:
            ids[parameter] = await make_proof(house, tenant, ids["publication_id"])
        elif parameter == "attachment_id" and operation.service == "risk":
            ids[parameter] = await make_content(house, tenant, ids["document_version_id"])
        elif parameter == "attachment_id":
            ids[parameter] = await make_attachment(house, tenant, ids["complaint_id"])
        elif parameter == "person_id" and operation.service == "gateway":
            ids[parameter] = await make_member(house, tenant)
        elif parameter == "message_id" and operation.service == "gateway":
            ids[parameter] = await make_invitation_message(house, tenant)
        else:
            assert parameter in MAKERS, f"say in MAKERS how a record for {parameter} is made"
            ids[parameter] = await MAKERS[parameter](house, tenant)
    return operation.path.format(**ids)


def body_of(operation: Operation, names: dict[str, str]) -> dict[str, Any]:
    """A valid body as httpx takes it, with the records that it names; nothing for an operation that takes none."""
    if operation.route.body_field is None and operation.name not in {*BODIES, *FORMS}:
        return {}
    if operation.name in FORMS:
        return FORMS[operation.name]()
    assert operation.name in BODIES, f"say in BODIES or FORMS what a valid body of {operation.name} is"
    return {"json": BODIES[operation.name]() | names}


async def ask(
    house: House, operation: Operation, path: str, token: str | None, names: dict[str, str] | None = None, **more: str
) -> httpx.Response:
    """One request, right in all but perhaps its token, and the records that its body names unless they are given."""
    headers = {"If-Match": '"1"'} if operation.method == "PATCH" else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with house.client(operation.service) as client:
        params = PARAMETERS.get(operation.name)
        return await client.request(
            operation.method, path, headers=headers | more, params=params, **body_of(operation, names or {})
        )


def anywhere(operation: Operation) -> str:
    """The operation's address with ids of nothing in it."""
    return operation.path.format(**{name: str(new_id()) for name in operation.parameters})


def is_problem(answer: httpx.Response, status: int) -> bool:
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and answer.json()["status"] == status
    )


def forged(house: House, tenant: Tenant) -> dict[str, str]:
    """Tokens that look right and are not."""
    own_key = OKPKey.import_key(json.loads(house.servers.secrets.read("gateway", "signing_key")))
    assert own_key.kid is not None
    stranger = OKPKey.generate_key("Ed25519", parameters={"kid": own_key.kid})
    late = timedelta(minutes=5, seconds=1)

    def by(issuer: Issuer) -> str:
        return issuer.issue(subject=new_id(), client_id=new_id(), provider_id=tenant.id, scope=PERMISSIONS)[0]

    right = by(house.issuer())
    head, claims, signature = right.split(".")
    return {
        "nothing of ours": "sk_0_0",
        "another signer's": by(Issuer(stranger, ISSUER, utc_now)),
        "another issuer's": by(Issuer(own_key, "http://elsewhere.test", utc_now)),
        "expired": by(Issuer(own_key, ISSUER, lambda: utc_now() - late)),
        "cut short": right[:-10],
        "another token's signature": f"{head}.{house.token(tenant, 'reader').split('.')[1]}.{signature}",
        "without signature": f"{head}.{claims}.",
    }


@every_protected
async def test_nobody_and_the_forged_are_not_let_in(whole_house: House, first: Tenant, operation: Operation) -> None:
    path = anywhere(operation)
    answers = {"without a token": await ask(whole_house, operation, path, None)}
    answers["Basic"] = await ask(whole_house, operation, path, None, Authorization="Basic YTpi")
    for kind, token in forged(whole_house, first).items():
        answers[kind] = await ask(whole_house, operation, path, token)
    for kind, answer in answers.items():
        assert is_problem(answer, 401), f"{kind}: {answer.status_code} {answer.text}"
        assert answer.headers["www-authenticate"].startswith("Bearer"), kind


@every_protected
async def test_all_other_permissions_together_do_not_help(
    whole_house: House, first: Tenant, operation: Operation
) -> None:
    assert operation.access is not None
    others = PERMISSIONS.keys() - {operation.access.permission}
    for tenant in (first, None):
        answer = await ask(whole_house, operation, anywhere(operation), whole_house.token(tenant, *others))
        assert is_problem(answer, 403), answer.text


@pytest.mark.parametrize("operation", WITHIN_PROVIDER, ids=str)
async def test_the_operator_sees_no_record_of_a_provider(
    whole_house: House, first: Tenant, operation: Operation
) -> None:
    if operation.path.startswith("/v1/providers"):  # a provider's profile is the operator's to see
        return
    token = whole_house.token(None, "operator", *PERMISSIONS)
    answer = await ask(whole_house, operation, await address(whole_house, operation, first), token)
    assert is_problem(answer, 403), answer.text


@pytest.mark.parametrize("operation", OF_INSTALLATION, ids=str)
async def test_nobody_of_a_provider_operates_the_installation(
    whole_house: House, first: Tenant, operation: Operation
) -> None:
    token = whole_house.token(first, "administrator", "operator", *PERMISSIONS)
    answer = await ask(whole_house, operation, await address(whole_house, operation, first), token)
    assert is_problem(answer, 403), answer.text


@pytest.mark.parametrize("operation", OF_A_RECORD, ids=str)
async def test_a_record_of_another_provider_is_not_there(
    whole_house: House, first: Tenant, second: Tenant, operation: Operation
) -> None:
    assert operation.access is not None
    path = await address(whole_house, operation, first)
    token = whole_house.token(second, str(operation.access.permission))
    theirs = await ask(whole_house, operation, path, token)
    assert is_problem(theirs, 404), theirs.text
    nothing = await ask(whole_house, operation, anywhere(operation), token)
    assert is_problem(nothing, 404), nothing.text
    differing = {"instance", "trace_id"}
    assert {k: v for k, v in theirs.json().items() if k not in differing} == {
        k: v for k, v in nothing.json().items() if k not in differing
    }, "an answer that differs tells that the record exists"


@every_protected
async def test_the_one_permission_is_enough(whole_house: House, first: Tenant, operation: Operation) -> None:
    assert operation.access is not None
    whose = await registered(whole_house) if operation.name in OF_LIFE else first
    tenant = None if isinstance(operation.access, Operating) else whose
    path = await address(whole_house, operation, whose)
    field, make = NAMED.get(operation.name, ("", None))
    names = {} if make is None else {field: await make(whole_house, whose)}
    token = whole_house.token(tenant, str(operation.access.permission))
    answer = await ask(whole_house, operation, path, token, names)
    if operation.name in GIVING:
        assert is_problem(answer, 403), "nobody gives more than they have"
        answer = await ask(whole_house, operation, path, whole_house.token(tenant, "administrator"))
    assert answer.status_code < 300 or answer.status_code == 409, answer.text


async def test_a_token_of_a_provider_that_nobody_knows_is_refused(whole_house: House) -> None:
    stranger = Tenant(UUID(int=7), "stranger")
    for operation in WITHIN_PROVIDER:
        token = whole_house.token(stranger, *PERMISSIONS)
        answer = await ask(whole_house, operation, anywhere(operation), token)
        assert answer.status_code in {404, 503}, f"{operation}: {answer.text}"
