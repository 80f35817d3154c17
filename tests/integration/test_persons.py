"""Personal data: masked for who need not know, told to the person, erased with a proof, kept no longer than allowed."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.actors import SYSTEM
from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.jobs import Timers
from chassis.persons.jobs import RETENTION, retention_sweep
from chassis.providers import keep_provider, provider_of
from deploy.throwaway import Servers
from deploy.topology import SERVICES
from gateway.app import PERSONS as OF_GATEWAY
from services.complaints.app import PERSONS
from services.complaints.complaints import rules
from tests.make import files
from tests.make.complaints import (
    SetClock,
    acknowledge,
    complain,
    complaints_by,
    made,
    objected,
    open_channel,
    receive,
    timeline,
)
from tests.make.files import PDF, add, link
from tests.make.house import House, Tenant
from tests.make.mail import at, desk, post_office, timed_complaints

WANG = {"name": "王芳", "telephone": "+86 138 0000 1234", "email": "wang.fang@customer.example", "address": "北京路1号"}
AT = "/v1/services/complaints"


async def wangs(client: httpx.AsyncClient) -> str:
    """The person in a complaint just registered."""
    complaint = await receive(client, parties=[WANG], words="The portal was down.")
    return str(complaint["parties"][0]["id"])


async def test_a_handler_sees_persons_and_a_reader_sees_masks(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        complaint = await receive(handler, parties=[WANG], words="The portal was down.", title="Portal")
        await acknowledge(handler, complaint["id"], words="She was at home.")
        plain = made(await handler.get(f"/v1/complaints/{complaint['id']}"))
        said = (await timeline(handler, complaint["id"]))[-1]["contact"]["words"]
    async with house.client("complaints", tenant, "reader") as reader:
        masked = made(await reader.get(f"/v1/complaints/{complaint['id']}"))
        hidden = (await timeline(reader, complaint["id"]))[-1]["contact"]["words"]
    assert {name: plain["parties"][0][name] for name in WANG} == WANG
    assert (plain["words"], plain["masked"], said) == ("The portal was down.", False, "She was at home.")
    assert (masked["parties"][0]["name"], masked["parties"][0]["telephone"]) == ("王**", "***1234")
    assert (masked["words"], masked["title"], masked["masked"], hidden) == ("***", "***", True, "***")
    for value in (*WANG.values(), "She was at home."):
        assert value not in str(masked) + hidden


async def test_the_member_of_staff_whom_it_is_about_sees_masks(house: House, tenant: Tenant) -> None:
    subject = new_id()
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        about = {"role": "subject", "name": "李四", "account_id": str(subject)}
        complaint = await receive(handler, parties=[WANG, about])
    token = house.issuer().issue(
        subject=subject, client_id=subject, provider_id=tenant.id, scope=["complaint_handler"], kind="person"
    )[0]
    async with house.client("complaints") as anyone:
        headers = {"Authorization": f"Bearer {token}"}
        seen = made(await anyone.get(f"/v1/complaints/{complaint['id']}", headers=headers))
    assert seen["masked"]
    assert WANG["telephone"] not in str(seen)


async def test_the_member_of_staff_whom_it_is_about_gets_neither_files_nor_messages(
    house: House, tenant: Tenant
) -> None:
    subject = new_id()
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        about = {"role": "subject", "name": "李四", "account_id": str(subject)}
        complaint = await receive(handler, parties=[WANG, about])
        attachment = await files.add(handler, complaint["id"], "letter.txt", b"letter")
        params = {"record_id": complaint["id"]}
        (message,) = made(await handler.get(f"{AT}/messages", params=params))["items"]
        assert (await handler.get(f"{AT}/messages/{message['id']}")).status_code == 200
    where = f"/v1/complaints/{complaint['id']}/attachments"
    token = house.person_token(tenant, subject, "complaint_handler")
    async with house.client_of("complaints", token) as himself:
        refused = [
            await himself.get(where),
            await himself.get(f"{where}/{attachment['id']}"),
            await himself.post(f"{where}/{attachment['id']}/link"),
            await himself.get(f"{AT}/messages/{message['id']}"),
        ]
    assert [answer.status_code for answer in refused] == [403, 403, 403, 403]


async def test_only_a_subject_is_named_by_an_account(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        body = {"words": "x", "parties": [{**WANG, "account_id": str(new_id())}]}
        answer = await handler.post("/v1/complaints", json=body)
    assert [one["code"] for one in made(answer, 422)["errors"]] == ["account_of_subject"]


async def test_a_person_is_found_by_telephone_or_email_however_it_is_written(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_lead") as lead:
        person = await wangs(lead)
        for given in ({"telephone": "+8613800001234"}, {"email": "WANG.Fang@customer.example"}):
            found = made(await lead.post(f"{AT}/persons/find", json=given))["items"]
            assert [(one["person_id"], one["record_type"], one["role"]) for one in found] == [
                (person, "complaint", "complainant")
            ]
        assert made(await lead.post(f"{AT}/persons/find", json={"telephone": "+86 1"}))["items"] == []
        nothing = made(await lead.post(f"{AT}/persons/find", json={}), 422)
    assert nothing["errors"][0]["pointer"] == "/telephone"


async def test_all_that_is_held_of_a_person_is_told_and_that_is_journalled(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_lead") as lead:
        complaint = await receive(lead, parties=[WANG], words="The portal was down.", title="Portal")
        await acknowledge(lead, complaint["id"], words="She was at home.")
        person = complaint["parties"][0]["id"]
        told = made(await lead.post(f"{AT}/persons/{person}/disclose"))
    assert {name: told["data"][name] for name in WANG} == WANG
    assert (told["data"]["words"], told["data"]["title"]) == ("The portal was down.", "Portal")
    assert [one["words"] for one in told["data"]["contacts"]] == ["She was at home."]
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        types = await work.driver.fetch("SELECT type, data::text FROM journal WHERE type LIKE '%.person.%'")
    assert [row["type"] for row in types] == ["complaints.person.disclosed.v1"]
    assert person in types[0]["data"]


async def test_an_erased_person_can_be_read_found_and_told_no_more(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        complaint = await receive(client, parties=[WANG], words="The portal was down.")
        await acknowledge(client, complaint["id"], words="She was at home.")
        person = complaint["parties"][0]["id"]
        proof = made(await client.post(f"{AT}/persons/{person}/erase"))
        read = made(await client.get(f"/v1/complaints/{complaint['id']}"))
        entries = await timeline(client, complaint["id"])
        found = made(await client.post(f"{AT}/persons/find", json={"email": WANG["email"]}))["items"]
        told = made(await client.post(f"{AT}/persons/{person}/disclose"))
        listed = made(await client.get(f"{AT}/erasures"))["items"]
        again = await client.post(f"{AT}/persons/{person}/erase")
    assert (proof["basis"], proof["record_id"]) == ("request", complaint["id"])
    assert proof["rows"] == {
        "complaint": 1, "complaint_party": 1, "complaint_contact": 1, "handling_record": 0, "external_case": 0,
        "message": 1, "notice_copy": 0, "attachment": 0,
    }  # fmt: skip
    assert read["words"] is None
    assert set(read["parties"][0].values()) == {person, "complainant", None}
    assert [one["type"].split(".")[2] for one in entries] == ["received", "acknowledged", "person_erased"]
    assert (entries[-1]["data"]["person_id"], entries[-1]["data"]["basis"]) == (person, "request")
    assert found == []
    assert told["data"]["name"] is None
    assert [one["person_id"] for one in listed] == [person]
    assert objected(again) == ["erased"]


async def test_the_last_who_complains_takes_the_files_along(house: House, tenant: Tenant) -> None:
    other = {"role": "representative", "name": "李雷", "email": "li.lei@customer.example"}
    about = {"role": "subject", "name": "赵六"}
    async with house.client("complaints", tenant, "administrator") as client:
        complaint = await receive(client, parties=[WANG, other, about])
        file = await add(client, complaint["id"], "bill-of-wang.pdf", PDF)
        path = f"/v1/complaints/{complaint['id']}/attachments/{file['id']}"
        url = await link(client, complaint["id"], file["id"])
        by_role = {party["role"]: party["id"] for party in complaint["parties"]}
        told = made(await client.post(f"{AT}/persons/{by_role['representative']}/disclose"))["data"]
        assert [one["name"] for one in told["files"]] == ["bill-of-wang.pdf"]
        assert "files" not in made(await client.post(f"{AT}/persons/{by_role['subject']}/disclose"))["data"]
        rows = []
        for role in ("subject", "complainant"):
            rows.append(made(await client.post(f"{AT}/persons/{by_role[role]}/erase"))["rows"])
            assert made(await client.get(path))["name"] == "bill-of-wang.pdf"
        rows.append(made(await client.post(f"{AT}/persons/{by_role['representative']}/erase"))["rows"])
        after = made(await client.get(path))
        opened = await client.get(url)
    assert [one.get("attachment") for one in rows] == [None, None, 1]
    assert (after["name"], after["sha256"]) == (None, file["sha256"])
    assert objected(opened) == ["erased"]


async def test_a_message_that_waits_is_not_sent_to_who_was_erased(new_servers: Servers) -> None:
    clock = SetClock(at("2025-03-03T20:00"))
    async with post_office() as post, timed_complaints(new_servers, clock) as timed, desk(timed, clock, post) as mail:
        complaint = await mail.receive()
        person = complaint["parties"][0]["id"]
        told = made(await mail.client.post(f"{AT}/persons/{person}/disclose"))["data"]["messages"]
        assert [(one["recipient"], one["state"]) for one in told] == [("wang.fang@customer.example", "waiting")]
        made(await mail.client.post(f"{AT}/persons/{person}/erase"))
        await mail.turn(timedelta(days=1))
        message = await mail.message_of(complaint)
    assert post.taken == []
    assert (message["state"], message["fault"]) == ("failed", "recipient_erased")


async def hold(house: House, tenant: Tenant, *, legal_hold: bool, version: int) -> None:
    """The provider as complaints knows it, with or without a legal hold."""
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        state = await provider_of(work)
        await keep_provider(work, state.model_copy(update={"legal_hold": legal_hold}), version)


async def test_a_legal_hold_stops_erasure(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        person = await wangs(client)
        await hold(house, tenant, legal_hold=True, version=2)
        refused = await client.post(f"{AT}/persons/{person}/erase")
        assert made(await client.get(f"{AT}/retention"))["legal_hold"]
        await hold(house, tenant, legal_hold=False, version=3)
        made(await client.post(f"{AT}/persons/{person}/erase"))
    assert objected(refused) == ["legal_hold"]


async def test_a_foreign_person_is_nobody(house: House, tenant: Tenant, other_tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        person = await wangs(client)
    async with house.client("complaints", other_tenant, "administrator") as stranger:
        for step in ("erase", "disclose"):
            assert (await stranger.post(f"{AT}/persons/{person}/{step}")).status_code == 404
        assert made(await stranger.post(f"{AT}/persons/find", json={"email": WANG["email"]}))["items"] == []


async def test_retention_erases_who_is_due_once_and_shows_them_before(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.complaints.parties.queries.ENDED", frozenset({rules.State.ACKNOWLEDGED}))
    clock = SetClock(utc_now() - timedelta(days=800))
    async with complaints_by(house, clock) as past, past.client("complaints", tenant, "administrator") as client:
        over = await receive(client, parties=[WANG], received_at=clock.now.isoformat())
        still_open = await receive(client, parties=[WANG], received_at=clock.now.isoformat())
        made(
            await client.post(
                f"/v1/complaints/{over['id']}/acknowledge",
                json={
                    "method": "telephone",
                    "told_limits": True,
                    "told_receipt_number": True,
                },
            )
        )
    async with house.client("complaints", tenant, "administrator") as client:
        kept = made(await client.get(f"{AT}/retention"))["items"]
        assert [(one["data_class"], one["years"], one["due"]) for one in kept] == [("complaint", 5, [])]
        kept = made(await client.post(f"{AT}/retention", json={"data_class": "complaint", "years": 2}))["items"]
        assert [one["record_id"] for one in kept[0]["due"]] == [over["id"]]
        assert (await client.post(f"{AT}/retention", json={"data_class": "nothing", "years": 2})).status_code == 422
        for _ in range(2):
            async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
                await retention_sweep(PERSONS)(work, tenant.id, "sweeps")
        proofs = made(await client.get(f"{AT}/erasures"))["items"]
        assert [(one["basis"], one["record_id"]) for one in proofs] == [("retention", over["id"])]
        assert made(await client.get(f"/v1/complaints/{still_open['id']}"))["words"] is not None
        assert made(await client.get(f"/v1/complaints/{over['id']}"))["words"] is None


async def test_each_provider_is_swept_once_a_day(house: House, tenant: Tenant) -> None:
    timers = Timers(house.database("complaints"), {}, {"retention": retention_sweep(PERSONS)})
    correlation = new_id()
    async with house.database("complaints").work(UUID(int=0), actor=SYSTEM, correlation=correlation) as work:
        await timers._plan_day(work, UUID(int=0), "sweeps")
        await timers._plan_day(work, UUID(int=0), "sweeps")
        planned = await work.driver.fetchval(
            "SELECT count(*) FROM timer WHERE provider_id = $1 AND clock = $2", tenant.id, RETENTION
        )
    assert planned == 1


async def test_the_privacy_notice_of_the_channel_is_kept_with_the_complaint(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        notice = {"version": "2026-1", "text": "We delete your data five years later."}
        await open_channel(client, "hotline", privacy_notice=notice)
        receipt = await complain(client, tenant, channel="hotline")
        shown = made(await client.get(f"/v1/public/{tenant.slug}/channels"))["items"][0]
        complaint = made(await client.get("/v1/complaints"))["items"][0]
        whole = made(await client.get(f"/v1/complaints/{complaint['id']}"))
    assert receipt["privacy_notice"] == whole["privacy_notice"] == "2026-1"
    assert shown["privacy_notice"] == notice["text"]


IMPORTED = "the key of the file, which is deleted with it when the import ends"
UNUSED = "no record of this service has files or messages"
OF_THE_CHASSIS = dict.fromkeys(("file", "attachment", "message", "import_job", "import_part"), UNUSED)
OF_NO_DESK = {
    "complaints": {"import_job": IMPORTED, "import_part": IMPORTED},
    "gateway": OF_THE_CHASSIS,
    "projects": OF_THE_CHASSIS,
    "risk": OF_THE_CHASSIS | dict.fromkeys(("file", "attachment"), "documents of the provider are no personal data"),
    "satisfaction": OF_THE_CHASSIS,
}
"""Tables that hold something sealed and belong to no desk, with the reason."""
DESKS = {"complaints": PERSONS, "gateway": OF_GATEWAY}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_with_sealed_columns_is_known_to_the_desk_of_its_service(house: House, service: str) -> None:
    connection = await asyncpg.connect(house.servers.postgres.dsn(service))
    try:
        rows = await connection.fetch(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (column_name LIKE '%sealed' OR column_name = 'wrapped_key')"
        )
    finally:
        await connection.close()
    sources = DESKS[service].sources if service in DESKS else ()
    known = frozenset().union(*(source.tables for source in sources))
    assert not known & OF_NO_DESK[service].keys()
    assert {row["table_name"] for row in rows} == known | OF_NO_DESK[service].keys()
