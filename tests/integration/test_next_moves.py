"""Who is asked for the next move of a complaint, and when nobody is any more."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from services.complaints.staff.queries import PERSON
from tests.make.complaints import Json, complaint, made, timeline
from tests.make.handling import BODIES, DAY, PROPOSAL, Desk
from tests.make.house import House
from tests.make.receipts import LEI, NOBODY, holder, investigated, merged, open_desk, outcome, tasks

SECOND = timedelta(seconds=1)
UNHEARD = "complaints.complaint.mailbox_unanswered.v1"
UNANSWERED: Json = {"method": "telephone", "outcome": "no_answer"}


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with open_desk(quiet_house) as desk:
        yield desk


@pytest.mark.feature("C25")
@pytest.mark.clause("8.2-4")
async def test_the_caller_is_asked_until_everybody_is_followed_up_and_then_the_lead_to_close(desk: Desk) -> None:
    record = await desk.pending()
    for _ in range(2):
        record = await desk.step("caller", record, "record_follow_up", **UNANSWERED)
        assert await asked(desk) == {"follow_up_complaint": 1}
    desk.clock.forward(DAY)
    record = await desk.step("caller", record, "record_follow_up", **UNANSWERED)
    assert await asked(desk) == {"follow_up_complaint": 1}
    record = await desk.step("caller", record, "notify_follow_up", method="letter")
    assert await asked(desk) == {"close_follow_up": 1}
    await desk.step("lead", record, "close")
    assert await asked(desk) == {}


@pytest.mark.feature("C27")
@pytest.mark.clause("8.2-4")
async def test_the_lead_is_asked_to_have_it_investigated_again_for_who_wants_more(desk: Desk) -> None:
    one = await holder(desk)
    record = await desk.pending(await desk.decided(await investigated(desk, one.record)))
    assert (await one.send("follow-up", satisfaction="not_satisfied", wants_more=True)).status_code == 200
    assert await asked(desk) == {"hear_again": 1}
    assert (await one.send("follow-up", satisfaction="satisfied")).status_code == 200
    assert await asked(desk) == {"close_follow_up": 1}
    await desk.reached(record, "partly", wants_more=True)
    assert await asked(desk) == {"hear_again": 1}
    await desk.step("lead", record, "dissatisfied", handler_id=desk.account("lead"))
    assert await asked(desk) == {}


@pytest.mark.feature("C25")
async def test_where_the_mailbox_alone_is_waited_for_the_caller_is_asked_for_when_it_is_over(desk: Desk) -> None:
    nobody = await holder(desk, **NOBODY)
    record = await desk.pending(await desk.decided(await investigated(desk, nobody.record)))
    first = await due(desk, "caller", "follow_up_complaint")
    assert first is not None
    desk.clock.forward(DAY)
    await desk.step("caller", record, "notify_follow_up", method="message", words="Are you satisfied?")
    later = await due(desk, "caller", "follow_up_complaint")
    assert later is not None
    assert first < later


@pytest.mark.feature("C3", "C25")
@pytest.mark.clause("8.2-4")
async def test_when_the_mailbox_was_waited_for_in_vain_the_lead_is_asked_to_close_once(desk: Desk) -> None:
    nobody = await holder(desk, **NOBODY)
    record = await desk.pending(await desk.decided(await investigated(desk, nobody.record)))
    first = await waited_until(desk)
    desk.clock.forward(DAY)
    await desk.step("caller", record, "notify_follow_up", method="message", words="Are you satisfied?")
    later = await waited_until(desk)
    for at, expected in ((first, "follow_up_complaint"), (later - SECOND, "follow_up_complaint")):
        desk.clock.now = at
        await desk.fire()
        assert await asked(desk) == {expected: 1}
    for at in (later, later + DAY):
        desk.clock.now = at
        await desk.fire()
        assert await asked(desk) == {"close_follow_up": 1}
        ended = [one for one in await timeline(desk.by["lead"], record["id"]) if one["type"] == UNHEARD]
        assert [(one["actor"], one["clause"]) for one in ended] == [("system", "8.2")]
    assert (await desk.step("lead", record, "close", lateness_reason="Holidays."))["closing_way"] == "mailbox"
    assert await asked(desk) == {}


@pytest.mark.feature("C25")
async def test_an_answer_in_the_mailbox_and_a_party_still_to_be_called_end_no_wait_by_the_clock(desk: Desk) -> None:
    answered, target, nobody = await holder(desk, **NOBODY), await holder(desk), await holder(desk, **NOBODY)
    await merged(desk, nobody, target)
    records = [
        await desk.pending(await desk.decided(await investigated(desk, one.record))) for one in (answered, target)
    ]
    assert (await answered.send("follow-up", satisfaction="partly", wants_more=True)).status_code == 200
    desk.clock.forward(30 * DAY)
    await desk.fire()
    for record in records:
        assert UNHEARD not in [one["type"] for one in await timeline(desk.by["lead"], record["id"])]
    assert await asked(desk) == {"follow_up_complaint": 1, "hear_again": 1}
    await desk.reached(records[1])
    assert await asked(desk) == {"hear_again": 1, "close_follow_up": 1}


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2")
async def test_management_is_asked_beside_the_lead_where_the_lead_may_be_one_who_cannot_decide(desk: Desk) -> None:
    record = await desk.step("lead", await desk.assessed(), "assign", handler_id=desk.account("colleague"))
    await desk.step("colleague", record, "start", words="I look at the logs.")
    await desk.step("colleague", record, "propose", **PROPOSAL)
    assert await deciding(desk, "approve_decision") == (1, 0)
    await desk.step("head", record, "send_back", words="Say what was done.")
    await desk.step("handler", record, "propose", **PROPOSAL)  # who leads too
    assert await deciding(desk, "approve_decision") == (1, 1)
    await desk.step("head", record, "approve", method="telephone")
    assert await deciding(desk, "approve_decision") == (0, 0)
    record = await desk.step("handler", await desk.assessed(), "refuse", **BODIES["refuse"])
    await desk.step("colleague", record, "object", **BODIES["object"])
    assert await deciding(desk, "hear_objection") == (1, 1)
    await desk.step("head", record, "uphold_refusal", **BODIES["uphold_refusal"])
    assert await deciding(desk, "hear_objection") == (0, 0)


async def deciding(desk: Desk, why: str) -> tuple[int, int]:
    """How often the lead is asked to decide, and management beside them."""
    return await tasks(desk, "lead", why), await tasks(desk, "head", f"{why}_instead")


@pytest.mark.feature("C8")
@pytest.mark.clause("8.2-11")
async def test_whom_a_notice_did_not_reach_is_told_after_the_refusal_too_and_nobody_is_asked_any_more(
    desk: Desk,
) -> None:
    record = (await holder(desk, **LEI)).record
    await desk.step("handler", record, "escalate", to_id=desk.account("head"), reason="overdue")
    assert await tasks(desk, "head", "look_into_complaint") == 1
    await desk.step("head", record, "refuse", **BODIES["refuse"])
    assert await tasks(desk, "head", "look_into_complaint") == 0
    await outcome(desk, "refusal", "give_up")
    assert await tasks(desk, "handler", "reach_complainant") == 1
    await desk.step("handler", record, "inform", method="telephone", words="We do not accept it.")
    assert await tasks(desk, "handler", "reach_complainant") == 0


async def test_a_later_notice_that_went_out_ends_the_search_for_whom_the_one_before_did_not_reach(desk: Desk) -> None:
    record = await investigated(desk, (await holder(desk, **LEI)).record)
    for words in ("Which account is it?", "Which day was it?"):
        await desk.step("handler", record, "ask", words=words, reason="unclear", method="message")
        await desk.step("handler", record, "answer", **BODIES["answer"])
        await outcome(desk, "question", "send" if "day" in words else "give_up")
        assert await tasks(desk, "handler", "reach_complainant") == (0 if "day" in words else 1)


@pytest.mark.feature("C10")
async def test_each_waiver_has_a_review_of_its_own_and_a_reviewer_who_is_asked_for_it(desk: Desk) -> None:
    record = await desk.assessed()
    await desk.step("lead", record, "waive", **BODIES["waive"] | {"reviewer_id": desk.account("head")})
    other = {"objection": "handler_unqualified", "reviewer_id": desk.account("colleague")}
    await desk.step("lead", record, "waive", **BODIES["waive"] | other)

    async def reviews() -> tuple[int, int]:
        return await tasks(desk, "head", "review_waiver_1"), await tasks(desk, "colleague", "review_waiver_2")

    assert await reviews() == (1, 1)
    await desk.step("head", record, "review_waiver", waiver=2, **BODIES["review_waiver"])
    assert await reviews() == (1, 0)
    await desk.step("head", record, "review_waiver", **BODIES["review_waiver"])
    assert await reviews() == (0, 0)


@pytest.mark.feature("C11", "C29")
async def test_a_ruling_has_the_lead_name_a_handler_where_there_is_none_who_may_handle_it(desk: Desk) -> None:
    record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    record = await desk.step("handler", record, "resolve_at_once", **BODIES["resolve_at_once"])
    record = await desk.step("caller", await desk.reached(await desk.pending(record)), "close")
    await ruled(desk, record)
    assert await tasks(desk, "lead", "name_handler") == 1
    body = BODIES["reassign"] | {"handler_id": desk.account("colleague")}
    assert (await desk.step("lead", record, "reassign", **body))["state"] == "reinvestigating"
    assert await tasks(desk, "colleague", "handle_complaint") == 1
    assert await tasks(desk, "lead", "name_handler") == 0
    stays, goes = await desk.closed(), await desk.closed()
    await ruled(desk, stays)
    assert (await tasks(desk, "handler", "handle_complaint"), await tasks(desk, "lead", "name_handler")) == (1, 0)
    await leave(desk, "handler")
    await ruled(desk, goes)
    assert (await tasks(desk, "handler", "handle_complaint"), await tasks(desk, "lead", "name_handler")) == (1, 1)


@pytest.mark.feature("C11")
async def test_what_a_handler_has_left_goes_to_the_backup_or_the_lead_names_somebody(desk: Desk) -> None:
    alone, backed, refused = [await desk.assessed() for _ in range(3)]
    for record, backup in ((alone, None), (backed, "colleague"), (refused, "caller")):
        body = {"handler_id": desk.account("handler"), "backup_id": backup and desk.account(backup)}
        await desk.step("lead", record, "assign", **body)
    await leave(desk, "handler")
    await leave(desk, "caller")
    for _ in range(2):
        await desk.sweep()
        assert await tasks(desk, "lead", "name_handler") == 2
    assert await tasks(desk, "colleague", "handle_complaint") == 1
    for record in (alone, refused):
        await desk.step("lead", record, "reassign", **BODIES["reassign"] | {"handler_id": desk.account("colleague")})
    await desk.sweep()
    assert await tasks(desk, "lead", "name_handler") == 0


async def ruled(desk: Desk, record: Json) -> None:
    """An authority upholds what was complained of."""
    case = {"complaint_id": record["id"], "body": "12345", "reference": f"W-{record['receipt_number']}"}
    case = made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    made(await desk.by["lead"].post(f"/v1/external-cases/{case['id']}/rule", json={"outcome": "upheld"}))


async def leave(desk: Desk, who: str) -> None:
    """Somebody is not employed any more."""
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as unit:
        (staff,) = await unit.read(PERSON, account_id=desk.people[who])
        staff.employed = False


async def asked(desk: Desk) -> dict[str, int]:
    """What caller and lead are asked for once the follow-up is planned, with how many tasks."""
    whom = {"follow_up_complaint": "caller", "hear_again": "lead", "close_follow_up": "lead"}
    found = {why: await tasks(desk, who, why) for why, who in whom.items()}
    return {why: number for why, number in found.items() if number}


async def waited_until(desk: Desk) -> datetime:
    """When the caller is asked for at the latest, as the mailbox is waited for until then."""
    found = await due(desk, "caller", "follow_up_complaint")
    assert found is not None
    return datetime.fromisoformat(found)


async def due(desk: Desk, who: str, why: str) -> str | None:
    """When the one task of a kind that somebody has is due."""
    page = made(await desk.by[who].get("/v1/services/complaints/tasks"))
    (found,) = [one["due_at"] for one in page["items"] if one["why"] == why]
    return None if found is None else str(found)
