"""What guards of complaints say over HTTP, in both languages, and how a complaint goes on that they have held."""

from collections.abc import AsyncIterator

import pytest

from contracts.base import Text
from services.complaints.assessments import rules as assessments
from services.complaints.follow_ups import rules as follow_ups
from tests.make.complaints import Json, complain, faulted, made
from tests.make.handling import ASSESSMENT, BODIES, DAY, PROPOSAL, Desk, desk_of
from tests.make.house import House


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
        yield desk


async def said(desk: Desk, who: str, record: Json, name: str, **body: object) -> dict[str, Text]:
    """What stands against a step of somebody, by code, as it is told in both languages; the step was not taken."""
    address, found = f"/v1/complaints/{record['id']}/{name.replace('_', '-')}", []
    for language in ("en", "zh-CN"):
        answer = await desk.by[who].post(address, json=body, headers={"Accept-Language": language})
        found.append({one["code"]: one["message"] for one in made(answer, 409)["objections"]})
    assert (await seen(desk, record))["version"] == record["version"]
    return {code: Text(found[0][code], found[1][code]) for code in found[0]}


async def seen(desk: Desk, record: Json) -> Json:
    return made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))


def decide_limit(record: Json) -> int:
    """The limit to decide in working hours, as it is agreed."""
    return int([one for one in record["clocks"] if one["name"] == "decide"][-1]["limit_minutes"] / 60)


@pytest.mark.feature("C27")
@pytest.mark.clause("8.2-4")
async def test_whoever_is_partly_satisfied_and_wants_more_is_heard_again(desk: Desk) -> None:
    record = await desk.reached(await desk.pending(), "partly", wants_more=True)
    assert await said(desk, "caller", record, "close") == {"wants_more": follow_ups.WANTS_MORE}
    record = await desk.step("lead", record, "dissatisfied", handler_id=desk.account("lead"))
    await desk.step("lead", record, "propose", **PROPOSAL)
    record = await desk.step("head", record, "approve", method="telephone")
    record = await desk.reached(await desk.pending(record), "partly", wants_more=True)
    record = await desk.step("lead", record, "final_position", **BODIES["final_position"])
    assert (record["closing_way"], record["satisfaction"]) == ("final_position", "partly")


async def test_whoever_is_satisfied_wants_nothing_more_by_telephone_and_by_receipt(desk: Desk) -> None:
    record = await desk.pending()
    body = {"satisfaction": "satisfied", "wants_more": True}
    address = f"/v1/complaints/{record['id']}/record-follow-up"
    call = await desk.by["caller"].post(address, json={"method": "telephone", "outcome": "reached"} | body)
    assert faulted(call) == [("", "satisfied_wants_more")]
    receipt = await complain(desk.by["public"], desk.tenant)
    address = f"/v1/public/{desk.tenant.slug}/complaints/{receipt['receipt_number']}/follow-up"
    mail = await desk.by["public"].post(address, json=body, headers={"Receipt-Code": receipt["receipt_code"]})
    assert faulted(mail) == [("", "satisfied_wants_more")]


@pytest.mark.feature("C18")
@pytest.mark.clause("8.2-9")
async def test_a_limit_that_was_set_by_hand_is_shortened_by_an_assessment_and_lengthened_by_none(desk: Desk) -> None:
    made(await desk.by["lead"].post("/v1/policies", json={"decide": {"critical": 60}}), 201)
    record = await desk.assessed(decide_hours=40)
    new_facts = ASSESSMENT | {"reason": "new_facts"}
    assert await said(desk, "lead", record, "reassess", **new_facts | {"decide_hours": 41}) == {
        "limit_lengthened": assessments.LONGER
    }
    record = await desk.step("lead", record, "reassess", **new_facts)
    assert decide_limit(record) == 40
    record = await desk.step("lead", record, "reassess", **new_facts | {"decide_hours": 24})
    assert decide_limit(record) == 24
    record = await desk.step("lead", record, "reassess", **new_facts | {"severity": "critical"})
    assert decide_limit(record) == 60


@pytest.mark.clause("8.2")
async def test_a_time_that_is_over_for_the_complainant_is_waived_by_the_lead(desk: Desk) -> None:
    refused = await desk.step("head", await desk.assessed(), "refuse", **BODIES["refuse"])
    closed = await desk.closed()
    desk.clock.forward(31 * DAY)
    waiver = BODIES["waive"] | {"reviewer_id": desk.account("head")}
    assert await said(desk, "lead", refused, "appeal", **BODIES["appeal"]) == {"appeal_too_late": assessments.TOO_LATE}
    refused = await desk.step("lead", refused, "waive", **waiver | {"objection": "appeal_too_late"})
    assert (await desk.step("lead", refused, "appeal", **BODIES["appeal"]))["state"] == "assessed"
    again = BODIES["reopen"] | {"reason": "dissatisfied", "handler_id": desk.account("colleague")}
    assert await said(desk, "lead", closed, "reopen", **again) == {"window_over": follow_ups.WINDOW}
    closed = await desk.step("lead", closed, "waive", **waiver | {"objection": "window_over"})
    assert (await desk.step("lead", closed, "reopen", **again))["state"] == "reinvestigating"
