"""Cases at authorities: attached to a complaint, asked for in time, replied to, ruled; their words are personal."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from services.complaints.external_cases.queries import open_cases
from tests.make.clockwork import Clockwork, clockwork, local
from tests.make.complaints import Json, faulted, made, moment, objected, receive
from tests.make.external_cases import case, register, send_step, take
from tests.make.files import add
from tests.make.house import House, Tenant

PERSONS = "/v1/services/complaints/persons"
WANG = {"name": "王芳", "telephone": "+86 138 0000 1234"}
LI = {"role": "representative", "name": "李雷", "telephone": "+86 138 0000 5678"}
RULING = "The provider is to repay Wang Fang."


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


async def asked(client: httpx.AsyncClient, state: str = "open") -> list[int]:
    """The levels at which a caller is asked to reply to authorities."""
    page = made(await client.get("/v1/services/complaints/tasks", params={"state": state}))
    return sorted(one["level"] for one in page["items"] if one["why"] == "reply_external_case")


async def listed(client: httpx.AsyncClient, **params: Any) -> list[str]:
    page = made(await client.get("/v1/external-cases", params=params))
    return [one["id"] for one in page["items"]]


async def waiting(house: House, tenant: Tenant, complaint_id: str) -> list[str]:
    """The cases of a complaint that wait for our reply."""
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        return [str(one.id) for one in await open_cases(work, UUID(complaint_id))]


def later(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


@pytest.mark.feature("C29")
@pytest.mark.clause("8.2")
async def test_a_case_is_attached_to_a_complaint_with_their_number_and_limit(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    complaint, due_at = await receive(handler), later(days=5)
    answer = await handler.post("/v1/external-cases", json=case(complaint["id"], due_at=due_at))
    registered = made(answer, 201)
    assert made(await handler.get(answer.headers["Location"])) == registered
    assert (registered["state"], registered["body"], registered["reference"]) == ("open", "12345", "GD-2026-001234")
    assert (moment(registered["due_at"]), registered["overdue"]) == (moment(due_at), False)
    page = made(await handler.get("/v1/services/complaints/tasks"))["items"]
    (task,) = (one for one in page if one["record_id"] == registered["id"])
    assert (task["title"], moment(task["due_at"])) == (
        "Reply to 12345 about their case GD-2026-001234",
        moment(due_at),
    )
    assert await waiting(house, tenant, complaint["id"]) == [registered["id"]]


async def test_a_case_needs_a_complaint_of_the_provider(
    house: House, handler: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    async with house.client("complaints", other_tenant, "complaint_handler") as other:
        theirs = await receive(other)
    for complaint_id in (theirs["id"], str(new_id())):
        answer = await handler.post("/v1/external-cases", json=case(complaint_id))
        assert faulted(answer) == [("/complaint_id", "unknown_complaint")]


async def test_a_complaint_has_each_number_once_unless_it_was_entered_in_error(
    handler: httpx.AsyncClient, lead: httpx.AsyncClient
) -> None:
    first, other = await register(handler), await receive(handler)
    again = await handler.post("/v1/external-cases", json=case(first["complaint_id"]))
    assert made(again, 409)["detail"] == "Another case of the complaint has this number."
    await register(handler, other["id"])
    await register(handler, first["complaint_id"], body="court")
    wrong = await take(lead, first["id"], "correct-entry", cause="double_entry")
    assert (wrong["state"], wrong["cause"], wrong["open_steps"]) == ("entered_in_error", "double_entry", [])
    await register(handler, first["complaint_id"])


async def test_all_that_stands_against_a_case_is_told_at_once(handler: httpx.AsyncClient) -> None:
    complaint = await receive(handler)
    body = case(complaint["id"], received_at=later(days=2), due_at=later(days=1))
    refused = await handler.post("/v1/external-cases", json=body)
    assert objected(refused) == ["received_in_future", "due_before_receipt"]


@pytest.mark.feature("C29")
@pytest.mark.clause("8.2")
async def test_a_reply_with_its_proof_is_kept_and_nobody_is_asked_any_more(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    registered, elsewhere = await register(handler), await receive(handler)
    foreign = await add(handler, elsewhere["id"], "letter.txt", b"letter")
    refused = await send_step(handler, registered["id"], "reply", method="portal", proof=foreign["id"])
    assert objected(refused) == ["proof_unknown"]
    assert await asked(handler) == [0]
    proof = (await add(handler, registered["complaint_id"], "reply.txt", b"reply"))["id"]
    replied = await take(
        handler, registered["id"], "reply", method="portal", proof=proof, reference="R-7", at=registered["received_at"]
    )
    assert (replied["state"], replied["reply_method"], replied["reply_reference"], replied["proof_id"]) == (
        "replied",
        "portal",
        "R-7",
        proof,
    )
    assert replied["replied_at"] == registered["received_at"]
    assert (await asked(handler), await asked(handler, "done")) == ([], [0])
    assert await waiting(house, tenant, registered["complaint_id"]) == []
    assert objected(await send_step(handler, registered["id"], "reply", method="portal")) == ["wrong_state"]


@pytest.mark.clause("8.2")
async def test_a_ruling_is_told_to_the_others_without_its_words(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    registered = await register(handler)
    ruled = await take(handler, registered["id"], "rule", outcome="partly", summary=RULING)
    assert (ruled["state"], ruled["outcome"], ruled["summary"], ruled["masked"]) == ("ruled", "partly", RULING, False)
    assert (await asked(handler), await asked(handler, "cancelled")) == ([], [0])
    async with house.database("complaints").connection(f"BEGIN; SET LOCAL app.provider_id = '{tenant.id}'") as (_, sql):
        query = "SELECT type, data::text FROM journal WHERE subject = $1 ORDER BY version"
        entries = await sql.fetch(query, registered["id"])
    assert [row[0] for row in entries] == [
        "complaints.external_case.registered.v1",
        "complaints.external_case.ruled.v1",
    ]
    assert '"partly"' in entries[-1][1]
    assert "repay" not in entries[-1][1]


async def test_who_need_not_know_persons_reads_a_ruling_masked(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    registered = await register(handler)
    await take(handler, registered["id"], "rule", outcome="upheld", summary=RULING)
    async with house.client("complaints", tenant, "reader") as reader:
        seen = made(await reader.get(f"/v1/external-cases/{registered['id']}"))
        lines = (await reader.get("/v1/external-cases", headers={"Accept": "text/csv"})).text
    assert (seen["masked"], seen["summary"], seen["outcome"]) == (True, "***", "upheld")
    assert registered["id"] in lines
    assert "repay" not in lines


@pytest.mark.clause("8.2")
async def test_the_words_of_a_ruling_go_with_the_person_whose_key_sealed_them(lead: httpx.AsyncClient) -> None:
    complaint = await receive(lead, parties=[WANG, LI])
    first, second = (one["id"] for one in complaint["parties"])
    earlier = await register(lead, complaint["id"])
    await take(lead, earlier["id"], "rule", outcome="upheld", summary=RULING)
    told = made(await lead.post(f"{PERSONS}/{first}/disclose"))
    assert [one["words"] for one in told["data"]["rulings"]] == [RULING]
    erased = made(await lead.post(f"{PERSONS}/{first}/erase"))
    assert erased["rows"]["external_case"] == 1
    after = made(await lead.get(f"/v1/external-cases/{earlier['id']}"))
    assert (after["summary"], after["outcome"]) == (None, "upheld")
    of_second = await register(lead, complaint["id"], body="court")
    assert (await take(lead, of_second["id"], "rule", outcome="settled", summary=RULING))["summary"] == RULING
    made(await lead.post(f"{PERSONS}/{second}/erase"))
    last = await register(lead, complaint["id"], body="regulator")
    refused = await send_step(lead, last["id"], "rule", outcome="upheld", summary=RULING)
    assert objected(refused) == ["nobody_left"]
    assert (await take(lead, last["id"], "rule", outcome="upheld"))["summary"] is None


@pytest.mark.clause("8.2")
async def test_whom_a_complaint_is_about_sees_nothing_of_its_cases_and_takes_no_step(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    subject = new_id()
    about = {"role": "subject", "name": "李四", "account_id": str(subject)}
    complaint = await receive(handler, parties=[WANG, about])
    registered, other = await register(handler, complaint["id"]), await register(handler)
    async with house.client_of("complaints", house.person_token(tenant, subject, "complaint_lead")) as himself:
        answers = [
            await himself.get(f"/v1/external-cases/{registered['id']}"),
            await himself.post("/v1/external-cases", json=case(complaint["id"], body="court")),
            await send_step(himself, registered["id"], "reply", method="portal"),
            await send_step(himself, registered["id"], "rule", outcome="not_upheld"),
            await send_step(himself, registered["id"], "withdraw"),
            await send_step(himself, registered["id"], "correct-entry", cause="no_such_case"),
        ]
        assert await listed(himself) == [other["id"]]
        assert await listed(himself, complaint_id=complaint["id"]) == []
    assert [one.status_code for one in answers] == [403] * 6
    async with house.client_of("complaints", house.person_token(tenant, new_id(), "complaint_lead")) as colleague:
        assert await listed(colleague) == [other["id"], registered["id"]]


async def test_a_case_that_was_withdrawn_there_is_over(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    registered = await register(handler)
    gone = await take(handler, registered["id"], "withdraw", at=registered["received_at"])
    assert (gone["state"], gone["withdrawn_at"]) == ("withdrawn", registered["received_at"])
    assert await waiting(house, tenant, registered["complaint_id"]) == []
    assert objected(await send_step(handler, registered["id"], "rule", outcome="upheld")) == ["wrong_state"]


async def test_cases_are_found_by_complaint_state_body_and_lateness(handler: httpx.AsyncClient) -> None:
    late = await register(handler, received_at=later(days=-3), due_at=later(days=-1))
    court = await register(handler, body="court")
    assert await listed(handler, complaint_id=court["complaint_id"]) == [court["id"]]
    assert await listed(handler, body="12345") == await listed(handler, overdue=True) == [late["id"]]
    assert await listed(handler, overdue=False) == [court["id"]]
    replied = await take(handler, late["id"], "reply", method="letter")
    assert (replied["overdue"], moment(replied["due_at"])) == (False, moment(late["due_at"]))
    assert (await listed(handler, overdue=True), await listed(handler, state="replied")) == ([], [late["id"]])


async def test_a_step_at_a_version_that_has_changed_is_refused(handler: httpx.AsyncClient) -> None:
    registered = await register(handler)
    await take(handler, registered["id"], "reply", method="letter")
    path = f"/v1/external-cases/{registered['id']}/rule"
    answer = await handler.post(path, json={"outcome": "upheld"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 412


FRIDAY = "2025-09-26 17:00"
RUNGS = [("2025-09-27 17:00", 50), ("2025-09-28 05:00", 75), ("2025-09-28 17:00", 100), ("2025-09-29 17:00", 150)]
"""Two days from Friday 17:00, which no weekend and no night makes longer."""


@pytest.fixture
async def works(apart: House) -> AsyncIterator[Clockwork]:
    """A provider on a Friday at five."""
    async with clockwork(apart, FRIDAY, {}) as works:
        yield works


async def levels(works: Clockwork) -> list[list[int]]:
    """The levels of the tasks of handler, lead and management."""
    found = []
    for role in ("complaint_handler", "complaint_lead", "management"):
        async with works.house.client("complaints", works.tenant, role) as client:
            found.append(await asked(client))
    return found


async def a_case(works: Clockwork, **changes: Any) -> Json:
    async with works.house.client("complaints", works.tenant, "complaint_handler") as client:
        return await register(client, due_at=local("2025-09-28 17:00").isoformat(), **changes)


@pytest.mark.feature("C29")
@pytest.mark.clause("8.2")
async def test_their_time_runs_without_a_calendar_and_tells_level_after_level_once(works: Clockwork) -> None:
    workers = [works.timers() for _ in range(3)]
    await a_case(works)
    told = []
    for at, _ in RUNGS:
        told.append(await works.fire_at(at, *workers) + await works.fire_at(at, *workers))
    assert told == [1, 1, 1, 1]
    assert await levels(works) == [[0, 50, 75], [100], [150]]
    async with works.work() as work:
        query = (
            "SELECT (data->>'percent')::int, actor FROM journal WHERE provider_id = $1 AND type LIKE '%clock_reached%'"
        )
        reached = [tuple(row) for row in await work.driver.fetch(f"{query} ORDER BY version", works.tenant.id)]
    assert reached == [(percent, "system") for _, percent in RUNGS]


async def test_the_minute_before_a_rung_nothing_is_told(works: Clockwork) -> None:
    timers = works.timers()
    await a_case(works)
    assert await works.fire_at("2025-09-27 16:59", timers) == 0
    assert await levels(works) == [[0], [], []]


async def test_a_case_that_is_registered_late_tells_at_once_what_has_passed(works: Clockwork) -> None:
    works.clock.now = local("2025-09-28 18:00")
    await a_case(works, received_at=local(FRIDAY).isoformat())
    assert await works.fire_at("2025-09-28 18:00", works.timers()) == 1
    assert await levels(works) == [[0, 50, 75], [100], []]


async def test_after_the_reply_their_time_tells_nobody(works: Clockwork) -> None:
    timers, registered = works.timers(), await a_case(works)
    async with works.house.client("complaints", works.tenant, "complaint_handler") as client:
        await take(client, registered["id"], "reply", method="telephone")
    assert await works.fire_at("2025-10-10 17:00", timers) == 0
    assert await levels(works) == [[], [], []]


async def test_without_a_limit_of_theirs_the_reply_is_asked_for_and_no_clock_runs(works: Clockwork) -> None:
    async with works.house.client("complaints", works.tenant, "complaint_handler") as client:
        registered = await register(client)
    assert (registered["due_at"], await works.fire_at("2026-09-26 17:00", works.timers())) == (None, 0)
    assert await levels(works) == [[0], [], []]
