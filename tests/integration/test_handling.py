"""A complaint led through its whole life: each step with what it leaves, and each refusal with all that lacks."""

from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import timeline
from tests.make.handling import PROPOSAL, Desk, desk_of
from tests.make.house import House, Tenant


@pytest.fixture
async def desk(house: House, tenant: Tenant) -> AsyncIterator[Desk]:
    async with desk_of(house, tenant) as desk:
        yield desk


@pytest.mark.clause("8.2-4", "8.2-10", "8.2-11")
async def test_a_complaint_goes_from_intake_to_closing(desk: Desk) -> None:
    record = await desk.investigating()
    assert (record["state"], record["handler_id"], record["round"]) == ("investigating", desk.account("handler"), 1)
    record = await desk.step("handler", record, "propose", **PROPOSAL)
    assert (record["state"], record["cause"], record["decision"]) == ("response_ready", "expired_certificate", "upheld")
    assert await desk.refused("handler", record, "approve", method="telephone") == ["approver_is_handler"]
    record = await desk.step("lead", record, "approve", method="telephone")
    assert (record["state"], record["decided_at"] is not None) == ("decided", True)
    assert await desk.refused("lead", record, "plan_follow_up", caller_id=desk.account("handler")) == [
        "caller_is_handler"
    ]
    record = await desk.pending(record)
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]
    record = await desk.reached(record)
    record = await desk.step("caller", record, "close")
    assert (record["state"], record["closing_way"], record["satisfaction"]) == ("closed", "satisfied", "satisfied")
    entries = await timeline(desk.by["lead"], record["id"])
    assert [one["version"] for one in entries] == list(range(1, len(entries) + 1))
    steps = [one["record"]["step"] for one in entries if one["record"]]
    assert steps == ["assess", "assign", "start", "propose", "approve", "plan_follow_up", "record_follow_up", "close"]
    proposed = next(one["record"] for one in entries if one["record"] and one["record"]["step"] == "propose")
    assert proposed["words"]["finding"] == PROPOSAL["finding"]
