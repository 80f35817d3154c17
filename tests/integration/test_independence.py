"""Who stays away from a complaint, and who takes their place (回避)."""

from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import Json, acknowledge, complaint, contact, made, receive
from tests.make.files import add
from tests.make.handling import ASSESSMENT, BODIES, PROPOSAL, Desk, desk_of
from tests.make.house import House


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
        yield desk


def about(desk: Desk, who: str) -> Json:
    """Changes of an assessment by which a complaint is about somebody."""
    return {"subject": {"kind": "person", "account_id": desk.account(who)}}


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2", "8.2-5")
async def test_a_complaint_about_the_lead_is_led_to_its_end_by_management(desk: Desk) -> None:
    received = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    await acknowledge(desk.by["handler"], received["id"], **contact())
    record = await desk.step(
        "colleague", received, "assess", **ASSESSMENT | about(desk, "lead") | {"severity": "moderate"}
    )
    assert await desk.refused("lead", record, "assign", handler_id=desk.account("head")) == ["actor_is_subject"]
    seen = made(await desk.by["head"].get(f"/v1/complaints/{record['id']}"))
    assert (seen["masked"], seen["title"], seen["parties"]) == (False, record["title"], record["parties"])
    file = await add(desk.by["handler"], record["id"], "log.txt", b"log")
    made(await desk.by["head"].post(f"/v1/complaints/{record['id']}/attachments/{file['id']}/link"))
    record = await desk.step("head", record, "refuse", **BODIES["refuse"])
    record = await desk.step("administrator", record, "appeal", **BODIES["appeal"])
    record = await desk.step("head", record, "assign", handler_id=desk.account("head"))
    await desk.step("head", record, "start", words="I look at the logs.")
    await desk.step("head", record, "propose", **PROPOSAL)
    await desk.step("head", record, "approve", method="telephone")
    record = await desk.step("head", record, "plan_follow_up", caller_id=desk.account("caller"))
    await desk.reached(record)
    assert (await desk.step("head", record, "close"))["state"] == "closed"


def accused(desk: Desk, who: str) -> list[Json]:
    """The parties of a complaint in which who complains names somebody."""
    return [{"telephone": "+86 138 0000 0000"}, {"role": "subject", "account_id": desk.account(who)}]


@pytest.mark.clause("8.2")
@pytest.mark.parametrize("step", ["redirect", "discard"])
async def test_nobody_inside_says_that_what_is_said_about_the_head_is_no_complaint(desk: Desk, step: str) -> None:
    record = await receive(desk.by["handler"], parties=accused(desk, "head"))
    assert await desk.refused("lead", record, step, **BODIES[step]) == ["reviewer_not_outside"]
    record = await receive(desk.by["handler"], parties=accused(desk, "colleague"))
    await desk.step("lead", record, step, **BODIES[step])


@pytest.mark.clause("8.2")
async def test_whoever_decided_or_looked_into_it_again_does_not_have_the_last_word(desk: Desk) -> None:
    record = await desk.reached(await desk.pending(), "not_satisfied", wants_more=True)
    record = await desk.step("lead", record, "dissatisfied", handler_id=desk.account("lead"))
    await desk.step("lead", record, "propose", **PROPOSAL)
    record = await desk.pending(await desk.step("head", record, "approve", method="telephone"))
    record = await desk.reached(record, "not_satisfied", wants_more=True)
    final, answer = BODIES["final_position"], BODIES["answer_objection"]
    assert await desk.refused("lead", record, "final_position", **final) == ["approver_is_handler"]
    record = await desk.step("caller", record, "final_position", **final)
    await desk.step("colleague", record, "object", **BODIES["object"])
    assert await desk.refused("head", record, "answer_objection", **answer) == ["answerer_is_handler"]
    assert (await desk.step("administrator", record, "answer_objection", **answer))["state"] == "closed"
