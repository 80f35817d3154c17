"""Who stays away from a complaint, and who takes their place (回避)."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from services.complaints.staff.models import DepartmentCopy, StaffCopy
from services.complaints.staff.queries import PERSON
from tests.make.complaints import Json, acknowledge, complaint, contact, made, receive
from tests.make.files import add
from tests.make.handling import ASSESSMENT, BODIES, HOUR, PROPOSAL, Desk, desk_of
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


def corrected(subject: Json) -> Json:
    """A correction of an assessment by which a complaint is about somebody or something else."""
    return ASSESSMENT | {"reason": "new_facts", "subject": subject}


async def units(desk: Desk) -> dict[str, str]:
    """The department and the team of the desk, as they are sent."""
    work = desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id())
    async with work as unit:
        (lead,) = await unit.read(PERSON, account_id=desk.people["lead"])
        return {"department": str(lead.department_id), "team": str(lead.team_id)}


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2")
async def test_a_correction_makes_it_about_nobody_who_is_near_its_handler_or_backup(desk: Desk) -> None:
    record, team = await desk.assessed(), {"kind": "team", "unit_id": (await units(desk))["team"]}
    named = {"handler_id": desk.account("handler"), "backup_id": desk.account("colleague")}
    record = await desk.step("lead", record, "assign", **named)
    near = ["handler_in_subjects_team", "backup_in_subjects_team"]
    for subject, codes in (
        (about(desk, "handler")["subject"], ["handler_is_subject", "backup_in_subjects_team"]),
        (about(desk, "colleague")["subject"], ["handler_in_subjects_team", "backup_is_subject"]),
        (about(desk, "caller")["subject"], near),
        (team, near),
    ):
        assert await desk.refused("lead", record, "reassess", **corrected(subject)) == codes
    record = await desk.step("lead", record, "reassess", **corrected(about(desk, "head")["subject"]))
    assert record["subject_account_id"] == desk.account("head")


@pytest.mark.clause("8.2")
async def test_a_correction_that_names_whom_it_was_about_before_asks_for_no_other_handler(desk: Desk) -> None:
    record = await desk.assessed(**about(desk, "colleague"))
    waiver = BODIES["waive"] | {"objection": "handler_is_subject", "reviewer_id": desk.account("head")}
    ended = (desk.clock.now + HOUR).isoformat()
    await desk.step("lead", record, "waive", **waiver, until=ended)
    record = await desk.step("lead", record, "assign", handler_id=desk.account("colleague"))
    desk.clock.forward(2 * HOUR)
    correction = corrected(about(desk, "colleague")["subject"]) | {"severity": "moderate"}
    assert (await desk.step("lead", record, "reassess", **correction))["severity"] == "moderate"


async def headed_by(desk: Desk, who: str) -> UUID:
    """Another department, which somebody heads."""
    work = desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id())
    async with work as unit:
        mine = {"provider_id": desk.tenant.id, "version": 1, "parent_id": None, "active": True}
        unit.add(DepartmentCopy(**mine, id=(added := new_id()), code="sales", head_id=desk.people[who]))
    return added


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2")
async def test_whoever_heads_a_unit_counts_as_in_it_wherever_they_are_placed(desk: Desk) -> None:
    elsewhere = await headed_by(desk, "handler")
    record = await desk.assessed(subject={"kind": "department", "unit_id": str(elsewhere)})
    named = {"handler_id": desk.account("handler")}
    assert await desk.refused("lead", record, "assign", **named) == ["handler_in_subjects_team"]
    assert (await desk.step("lead", record, "assign", handler_id=desk.account("colleague")))["state"] == "assigned"


@pytest.mark.clause("8.2")
async def test_while_nobody_knows_who_heads_the_provider_nothing_about_a_head_is_decided(desk: Desk) -> None:
    await headed_by(desk, "colleague")
    suspect, other = await desk.assessed(**about(desk, "colleague")), await desk.assessed(**about(desk, "caller"))
    waiver = BODIES["waive"] | {"objection": "head_unknown"}
    assert await desk.refused("head", suspect, "refuse", **BODIES["refuse"]) == ["head_unknown"]
    assert await desk.refused("head", suspect, "waive", **waiver) == ["not_waivable"]
    assert (await desk.step("head", other, "refuse", **BODIES["refuse"]))["state"] == "refused"
    made(await desk.by["administrator"].post("/v1/policies", json={"head_id": desk.account("head")}), 201)
    assert (await desk.step("head", suspect, "refuse", **BODIES["refuse"]))["state"] == "refused"


@pytest.mark.clause("8.2")
async def test_an_outside_reviewer_who_is_employed_since_decides_nothing_more(desk: Desk) -> None:
    outside = desk.people["administrator"]
    made(await desk.by["administrator"].post("/v1/policies", json={"outside_reviewer_id": str(outside)}), 201)
    refused, kept = await desk.assessed(**about(desk, "head")), await desk.assessed(**about(desk, "head"))
    await desk.step("administrator", refused, "refuse", **BODIES["refuse"])
    work = desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id())
    async with work as unit:
        (lead,) = await unit.read(PERSON, account_id=desk.people["lead"])
        mine = {"provider_id": desk.tenant.id, "version": 1, "employed": True}
        unit.add(StaffCopy(**mine, id=outside, department_id=lead.department_id, team_id=None))
    assert await desk.refused("administrator", kept, "refuse", **BODIES["refuse"]) == ["reviewer_not_outside"]
