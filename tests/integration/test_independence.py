"""Who stays away from a complaint, and who takes their place (回避)."""

from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import Json, acknowledge, complaint, contact, made
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
