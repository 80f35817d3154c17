"""What time does to a complaint that is handled: pauses, limits that change, lateness, follow-ups on several days."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.clocks.rules import PAUSED, RUNNING
from services.complaints.complaints.rules import CLOCKS
from tests.make.complaints import Json, acknowledge, complaint, made, moment, open_channel, timeline
from tests.make.handling import ASSESSMENT, DAY, HOUR, MONDAY, PROPOSAL, Desk
from tests.make.house import House
from tests.make.walks import Walk, walking

NIGHT = 16 * HOUR
LATE = {"lateness_reason": "The supplier was late."}
NOTE = {"words": "As it was told."}


@pytest.fixture
async def walk(untimed: House) -> AsyncIterator[Walk]:
    async with walking(untimed) as walk:
        yield walk


@pytest.fixture
def desk(walk: Walk) -> Desk:
    return walk.desk


async def policy(desk: Desk, **content: Any) -> None:
    made(await desk.by["lead"].post("/v1/policies", json=content), 201)


async def promised(desk: Desk) -> dict[str, Json]:
    """Changes of a complaint that came by a channel which promises 80 working hours."""
    channel = await open_channel(desk.by["lead"], next_review_on="2027-06-01")
    return {"received": {"channel": channel["code"]}}


def clock(record: Json, name: str = "decide") -> Json:
    """The last round of a clock."""
    rounds: list[Json] = [one for one in record["clocks"] if one["name"] == name]
    return rounds[-1]


async def passes(desk: Desk, time: timedelta) -> datetime:
    now = desk.clock.forward(time)
    await desk.fire()
    return now


async def seen(desk: Desk, record: Json) -> Json:
    return made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))


@pytest.mark.feature("C16")
@pytest.mark.clause("8.2-10", "8.2-11")
async def test_a_pause_has_its_reason_and_ends_by_itself_when_the_longest_is_over(walk: Walk, desk: Desk) -> None:
    await policy(desk, longest_pause_days=7, decide={"major": 40})
    record = await desk.investigating()
    assert await desk.refused("handler", record, "answer", **NOTE) == ["wrong_state"]
    asked_at = await passes(desk, HOUR)
    asked = await desk.step(
        "handler", record, "ask", words="Which one?", reason="account_unknown", awaited="third_party"
    )
    assert (clock(asked)["state"], clock(asked)["pauses"][0]["reason"]) == ("paused", "account_unknown")
    await passes(desk, 7 * DAY - timedelta(seconds=1))
    assert (await seen(desk, record))["state"] == "waiting_complainant"
    over_at = await passes(desk, timedelta(seconds=1))
    resumed = await seen(desk, record)
    assert resumed["state"] == "investigating"
    rows = next(one.rows for one in (await walk.seen(record["id"])).clocks if one.clock.name == "decide")
    assert [(one.kind, one.started_at, one.ended_at) for one in rows] == [
        (RUNNING, MONDAY, asked_at),
        (PAUSED, asked_at, over_at),
        (RUNNING, over_at, None),
    ]
    assert moment(clock(resumed)["due_at"]) == MONDAY + 14 * DAY - HOUR * 2 + HOUR * 2
    assert await desk.refused("handler", record, "ask", words="And now?", reason="account_unknown") == ["pause_used_up"]


@pytest.mark.feature("C16", "C20")
@pytest.mark.clause("8.2-10", "8.2-11")
async def test_the_clock_goes_on_from_when_the_answer_came_and_not_from_when_it_is_typed_in(
    walk: Walk, desk: Desk
) -> None:
    await policy(desk, longest_pause_days=7, decide={"major": 16})
    record = await desk.investigating()
    asked_at = await passes(desk, HOUR)
    await desk.step("handler", record, "ask", words="Which one?", reason="account_unknown")
    await passes(desk, 4 * DAY)
    told = {"words": "The second one.", "method": "telephone"}
    early = (asked_at - timedelta(seconds=1)).isoformat()
    assert await desk.refused("handler", record, "answer", **told, at=early) == ["contact_time"]
    came_at = asked_at + HOUR
    await desk.step("handler", record, "answer", **told, at=came_at.isoformat())
    await desk.fire()
    after = await walk.seen(record["id"])
    rows = next(one.rows for one in after.clocks if one.clock.name == "decide")
    assert [(one.kind, one.started_at, one.ended_at) for one in rows] == [
        (RUNNING, MONDAY, asked_at),
        (PAUSED, asked_at, came_at),
        (RUNNING, came_at, None),
    ]
    assert moment(clock(after.record)["due_at"]) < desk.clock.now
    climbed = [one["data"]["percent"] for one in after.entries if one["data"].get("clock") == "decide"]
    assert climbed == [50, 75, 100, 150]
    await desk.step("handler", record, "ask", words="And now?", reason="account_unknown")
    await passes(desk, 7 * DAY - HOUR - timedelta(seconds=1))
    assert (await seen(desk, record))["state"] == "waiting_complainant"
    await passes(desk, timedelta(seconds=1))
    assert (await seen(desk, record))["state"] == "investigating"


@pytest.mark.feature("C17", "C18")
@pytest.mark.clause("8.2-9", "8.2-10")
async def test_another_severity_has_another_limit_and_keeps_what_ran_and_what_was_paused(desk: Desk) -> None:
    await policy(desk, decide={"major": 40, "critical": 16})
    record = await desk.investigating(**await promised(desk))
    first = clock(record)
    assert (first["promised_minutes"], first["limit_minutes"], record["policy_version"]) == (80 * 60, 40 * 60, 1)
    await policy(desk, decide={"major": 8, "critical": 8})
    record = await desk.step("handler", record, "ask", words="Which one?", reason="account_unknown")
    await passes(desk, DAY)
    record = await desk.step("handler", record, "answer", **NOTE)
    assert moment(clock(record)["due_at"]) == moment(first["due_at"]) + DAY
    record = await desk.step("handler", record, "reassess", **ASSESSMENT | {"severity": "critical"}, reason="new_facts")
    changed = clock(record)
    assert (changed["limit_minutes"], record["policy_version"]) == (16 * 60, 1), "the policy of the assessment holds"
    assert moment(changed["due_at"]) == MONDAY + 3 * DAY
    assert (changed["promised_minutes"], changed["promised_due_at"]) == (80 * 60, first["promised_due_at"])
    dues = [one["data"]["due"]["decide"] for one in await timeline(desk.by["lead"], record["id"])]
    assert {moment(due) for due in dues} >= {moment(first["due_at"]), moment(changed["due_at"])}


@pytest.mark.feature("C18", "C19")
async def test_a_correction_of_the_assessment_takes_no_extension_away(desk: Desk) -> None:
    record = await desk.investigating(**await promised(desk))
    extension = {"working_hours": 16, "reason": "waiting_for_supplier", "told_method": "telephone"}
    extended = await desk.step("lead", record, "extend", **extension)
    corrected = await desk.step("handler", record, "reassess", **ASSESSMENT, reason="new_facts")
    assert clock(corrected)["limit_minutes"] == 96 * 60
    assert clock(corrected)["due_at"] == clock(extended)["due_at"]


@pytest.mark.feature("C19")
async def test_a_handler_extends_no_limit_of_their_own(desk: Desk) -> None:
    record = await desk.assessed(**await promised(desk))
    await desk.step("lead", record, "assign", handler_id=desk.account("lead"))
    extension = {"working_hours": 16, "reason": "waiting_for_supplier", "told_method": "telephone"}
    assert await desk.refused("lead", record, "extend", **extension) == ["approver_is_handler"]
    extended = await desk.step("head", record, "extend", **extension)
    assert (clock(extended)["late"], clock(extended)["late_as_promised"]) == (False, False)
    await passes(desk, 16 * DAY)
    late = clock(await seen(desk, record))
    assert (late["late"], late["late_as_promised"]) == (False, True)


@pytest.mark.feature("C23")
@pytest.mark.clause("8.2-10")
async def test_whoever_decides_or_closes_late_says_why(desk: Desk) -> None:
    await policy(desk, decide={"major": 16}, close=8)
    record = await desk.investigating()
    await desk.step("handler", record, "propose", **PROPOSAL)
    await passes(desk, 3 * DAY)
    assert await desk.refused("lead", record, "approve", method="telephone") == ["lateness_unexplained"]
    await desk.step("lead", record, "approve", method="telephone", **LATE)
    record = await desk.reached(await desk.pending(record))
    await passes(desk, 2 * DAY)
    assert await desk.refused("caller", record, "close") == ["lateness_unexplained"]
    assert (await desk.step("caller", record, "close", **LATE))["state"] == "closed"


@pytest.mark.feature("C7", "C17")
@pytest.mark.clause("8.2-9", "8.2-10")
async def test_nobody_is_given_a_complaint_before_its_assessment_which_sets_the_limits(desk: Desk) -> None:
    await policy(desk, decide={"minor": 40, "critical": 16}, progress={"critical": 8})
    record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    record = await acknowledge(desk.by["handler"], record["id"])
    given = {"handler_id": desk.account("handler")}
    assert await desk.refused("lead", record, "assign", **given) == ["wrong_state"]
    assert (record["clocks"], record["policy_version"]) == ([], None)
    record = await desk.step("lead", record, "assess", **ASSESSMENT | {"severity": "critical", "safety": True})
    assert (clock(record)["limit_minutes"], record["policy_version"], record["safety"]) == (16 * 60, 1, True)
    record = await desk.step("lead", record, "assign", **given)
    assert clock(record, "progress")["limit_minutes"] == 8 * 60


@pytest.mark.feature("C7")
async def test_a_clock_starts_again_for_many_complaints_at_once(desk: Desk) -> None:
    await policy(desk, decide={"major": 40}, progress={"major": 8})
    records = [await desk.assigned() for _ in range(3)]
    told = {"method": "telephone", "words": "We have found the cause."}
    body = {"step": "inform", "ids": [one["id"] for one in records], "body": told}
    items = made(await desk.by["handler"].post("/v1/complaints/bulk", json=body))["items"]
    assert [one["taken"] for one in items] == [True] * 3
    for record in records:
        shown = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
        progress = [(one["round"], one["state"]) for one in shown["clocks"] if one["name"] == "progress"]
        assert progress == [(1, "stopped"), (2, "running")]


@pytest.mark.feature("C13", "C20")
@pytest.mark.clause("8.2-10")
async def test_a_case_has_six_clocks_of_intervals_and_each_climbs_its_ladder_once(walk: Walk, desk: Desk) -> None:
    await policy(desk, assess=8, progress={"major": 8}, decide={"major": 40}, follow_up=8, close=16)
    channel = (await promised(desk))["received"]
    record = made(await desk.by["handler"].post("/v1/complaints", json=complaint(**channel)), 201)
    await passes(desk, 3 * DAY)
    await acknowledge(desk.by["handler"], record["id"])
    await passes(desk, 3 * DAY)
    await desk.step("lead", record, "assess", **ASSESSMENT)
    await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    await desk.step("handler", record, "start", **NOTE)
    await desk.step("handler", record, "ask", words="Which one?", reason="account_unknown")
    await passes(desk, DAY)
    await desk.step("handler", record, "answer", **NOTE)
    await passes(desk, 14 * DAY)
    await desk.step("handler", record, "propose", **PROPOSAL)
    await desk.step("lead", record, "approve", method="telephone", **LATE)
    await passes(desk, 5 * DAY)
    await desk.step("caller", await desk.reached(await desk.pending(record)), "close", **LATE)
    await passes(desk, 30 * DAY)
    seen_ = await walk.seen(record["id"])
    climbed = [(one["data"]["clock"], one["data"]["percent"]) for one in seen_.entries if "percent" in one["data"]]
    assert sorted(climbed) == sorted((rule.name, percent) for rule in CLOCKS for percent in (50, 75, 100, 150))
    kinds = {one.clock.name: [row.kind for row in one.rows] for one in seen_.clocks}
    assert kinds == {rule.name: [RUNNING] for rule in CLOCKS} | {"decide": [RUNNING, PAUSED, RUNNING]}
    for one in seen_.clocks:
        ends = [row.ended_at for row in one.rows]
        assert [row.started_at for row in one.rows] == [one.clock.started_at, *ends[:-1]], "nothing between two of them"
        assert ends[-1] == one.clock.stopped_at is not None


@pytest.mark.feature("C25", "C26")
@pytest.mark.clause("8.2-4")
async def test_nobody_is_unreachable_before_three_tries_on_two_days_and_a_notice(desk: Desk) -> None:
    record = await desk.pending()
    attempt = {"method": "telephone", "outcome": "no_answer", "words": "It rang for a minute."}
    for wait in (HOUR, HOUR, NIGHT + 4 * HOUR):
        assert await desk.refused("caller", record, "close") == ["not_followed_up"]
        await passes(desk, wait)
        await desk.step("caller", record, "record_follow_up", **attempt)
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]
    await desk.step("caller", record, "notify_follow_up", method="letter", words="We could not reach you.")
    closed = await desk.step("caller", record, "close")
    assert (closed["closing_way"], closed["satisfaction"]) == ("unreachable", None)
    tries = [one["record"] for one in await timeline(desk.by["lead"], record["id"]) if one["record"]]
    tries = [one for one in tries if one["step"] == "record_follow_up"]
    assert [(one["data"]["method"], one["data"]["outcome"], one["words"]["words"]) for one in tries] == [
        ("telephone", "no_answer", "It rang for a minute.")
    ] * 3


def refund(desk: Desk, days: int) -> Json:
    """A remedy that is due so many days after the beginning."""
    return {"kind": "refund", "due_on": (MONDAY + days * DAY).date().isoformat(), "owner_id": desk.account("lead")}


async def asked(desk: Desk, who: str, why: str) -> list[Any]:
    """Until when somebody is asked for something, of each time."""
    page = made(await desk.by[who].get("/v1/services/complaints/tasks", params={"state": "open"}))
    return [one["due_at"] for one in page["items"] if one["why"].startswith(why)]


@pytest.mark.feature("C25")
@pytest.mark.clause("8.2-4", "8.2-11")
@pytest.mark.parametrize("days", [2, 20])
async def test_the_follow_up_is_due_after_the_last_remedy_was_delivered_early_or_late(desk: Desk, days: int) -> None:
    await policy(desk, follow_up=24)
    remedies = [refund(desk, 10), refund(desk, 40), refund(desk, 9), {"kind": "apology"}]
    record = await desk.pending(await desk.decided(proposal={"remedies": remedies}))
    assert "follow_up" not in {one["name"] for one in record["clocks"]}
    assert await asked(desk, "caller", "follow_up_complaint") == [None]
    await passes(desk, days * DAY)
    for remedy, back in ((1, HOUR), (4, 0 * HOUR), (3, 2 * HOUR)):
        at = (desk.clock.now - back).isoformat()
        record = await desk.step("lead", record, "deliver_remedy", remedy=remedy, at=at)
    begun = clock(record, "follow_up")
    assert (begun["round"], begun["late"]) == (1, False)
    assert desk.clock.now - HOUR <= moment(begun["started_at"]) <= desk.clock.now
    assert await asked(desk, "caller", "follow_up_complaint") == [begun["due_at"]]
    record = await desk.reached(record)
    stopped = clock(record, "follow_up")
    assert (stopped["state"], stopped["due_at"]) == ("stopped", begun["due_at"])
    assert await asked(desk, "caller", "confirm_remedy") == []
    await desk.step("lead", record, "deliver_remedy", remedy=2)
    assert await asked(desk, "caller", "confirm_remedy") == [None]
    assert await desk.refused("caller", record, "confirm_remedy", remedy=9, method="telephone") == [
        "remedy_undelivered"
    ]
    record = await desk.step("caller", record, "confirm_remedy", remedy=2, method="telephone", **NOTE)
    assert await asked(desk, "caller", "confirm_remedy") == []
    assert (await desk.step("caller", record, "close"))["state"] == "closed"


@pytest.mark.clause("8.2-4", "8.2-11")
async def test_who_is_called_before_the_remedy_came_is_asked_once_more_when_it_comes_after_the_closing(
    desk: Desk,
) -> None:
    await policy(desk, follow_up=24)
    record = await desk.pending(await desk.decided(proposal={"remedies": [refund(desk, 10)]}))
    record = await desk.reached(record)
    tried = clock(record, "follow_up")
    assert (tried["state"], moment(tried["due_at"]) > desk.clock.now) == ("stopped", True)
    record = await desk.step("caller", record, "close")
    record = await desk.step("lead", record, "deliver_remedy", remedy=1)
    assert [one["round"] for one in record["clocks"] if one["name"] == "follow_up"] == [1]
    assert await asked(desk, "caller", "confirm_remedy") == [None]
    await desk.step("caller", record, "confirm_remedy", remedy=1, method="telephone", **NOTE)
    assert await asked(desk, "caller", "confirm_remedy") == []


@pytest.mark.clause("8.2-4")
async def test_another_caller_takes_over_what_was_asked_of_the_one_before(desk: Desk) -> None:
    await policy(desk, follow_up=24)
    record = await desk.pending(await desk.decided(proposal={"remedies": [refund(desk, 40)]}))
    due = clock(record, "follow_up")["due_at"]
    await desk.step("lead", record, "deliver_remedy", remedy=1)
    handled = {"caller_id": desk.account("handler")}
    assert await desk.refused("lead", record, "plan_follow_up", **handled) == ["caller_is_handler"]
    record = await desk.step("lead", record, "plan_follow_up", caller_id=desk.account("colleague"))
    for who, calls, confirms in (("caller", [], []), ("colleague", [due], [None])):
        assert await asked(desk, who, "follow_up_complaint") == calls
        assert await asked(desk, who, "confirm_remedy") == confirms
    await desk.reached(record, "satisfied")
    assert await asked(desk, "colleague", "follow_up_complaint") == []
    await desk.step("lead", record, "plan_follow_up", caller_id=desk.account("caller"))
    assert await asked(desk, "caller", "follow_up_complaint") == []  # everybody is followed up
    assert await asked(desk, "lead", "close_follow_up") == [None]


async def test_a_follow_up_that_waits_for_a_remedy_does_not_hold_the_complaint(desk: Desk) -> None:
    await policy(desk, follow_up=24)
    record = await desk.decided(proposal={"remedies": [refund(desk, 10), refund(desk, 40)]})
    await desk.step("lead", record, "deliver_remedy", remedy=2)
    assert len(await asked(desk, "lead", "confirm_remedy")) == 1
    withdrawn = await desk.step("handler", record, "withdraw", method="telephone", **NOTE)
    assert (withdrawn["state"], [one for one in withdrawn["clocks"] if one["name"] == "follow_up"]) == ("withdrawn", [])
    assert await asked(desk, "lead", "confirm_remedy") == []


async def test_a_dossier_is_whole_although_a_remedy_is_to_come_after_the_closing(desk: Desk) -> None:
    later = {"kind": "refund", "due_on": (MONDAY + 10 * DAY).date().isoformat(), "owner_id": desk.account("lead")}
    record = await desk.pending(await desk.decided(proposal={"remedies": [later]}))
    record = await desk.step("caller", await desk.reached(record), "close")
    dossier = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}/dossier"))
    assert dossier["frozen"]["matches"] is True
    again = await desk.step(
        "lead", record, "reopen", reason="new_evidence", handler_id=desk.account("colleague"), **NOTE
    )
    first, *_ = [one for one in again["clocks"] if one["name"] == "follow_up"]
    assert moment(first["stopped_at"]) <= desk.clock.now


async def test_parties_of_complaints_that_were_merged_one_after_the_other_keep_their_follow_up(desk: Desk) -> None:
    first, second, third = [await desk.investigating() for _ in range(3)]
    await desk.step("handler", first, "merge", target_id=second["id"], **NOTE)
    await desk.step("handler", second, "merge", target_id=third["id"], **NOTE)
    record = await desk.pending(await desk.decided(third))
    for one in (third, second, first):
        assert await desk.refused("caller", record, "close") == ["not_followed_up"]
        await desk.reached(record, party_id=one["parties"][0]["id"])
    assert (await desk.step("caller", record, "close"))["state"] == "closed"


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2", "8.2-5")
async def test_who_is_in_the_subjects_team_handles_it_by_a_waiver_that_the_subject_does_not_sign(desk: Desk) -> None:
    about = {"kind": "person", "account_id": desk.account("lead")}
    record = await desk.assessed(subject=about)
    named = {"handler_id": desk.account("handler")}
    assert await desk.refused("head", record, "assign", **named) == ["handler_in_subjects_team"]
    waiver = {
        "objection": "handler_in_subjects_team",
        "control": "outside_review",
        "reviewer_name": "Dr. Li",
        "words": "We are six people.",
    }
    assert await desk.refused("lead", record, "waive", **waiver) == ["signer_is_subject"]
    assert (await desk.by["caller"].post(f"/v1/complaints/{record['id']}/waive", json=waiver)).status_code == 403
    await desk.step("head", record, "waive", **waiver)
    assert (await desk.step("head", record, "assign", **named))["state"] == "assigned"


@pytest.mark.feature("C22")
@pytest.mark.clause("8.2-11")
async def test_finding_cause_remedies_and_decision_are_kept_apart(desk: Desk) -> None:
    refund = {"kind": "refund", "value": "CNY 200", "due_on": "2026-06-30", "owner_id": desk.account("lead")}
    record = await desk.decided(proposal={"remedies": [refund], "decision": "partly"})
    assert (record["cause"], record["decision"]) == (PROPOSAL["cause"], "partly")
    kept = [one["record"] for one in await timeline(desk.by["lead"], record["id"]) if one["record"]]
    proposed = next(one for one in kept if one["step"] == "propose")
    assert proposed["words"] == {
        "finding": PROPOSAL["finding"],
        "no_evidence_reason": PROPOSAL["no_evidence_reason"],
        "answer": PROPOSAL["answer"],
        "remedy 1": "CNY 200",
    }
    assert proposed["data"]["remedies"] == [{name: value for name, value in refund.items() if name != "value"}]
