"""Each guard of questions, proposals and decisions, both ways, and what they reckon from the records."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.complaints.rules import Noted
from services.complaints.investigations import rules
from services.complaints.investigations.schemas import (
    AnswerIn,
    ApproveIn,
    AskIn,
    ConfirmIn,
    DeliverIn,
    ProposeIn,
    SendBackIn,
)
from tests.make.guards import (
    DAY,
    DECIDED,
    HANDLER,
    HOUR,
    LEAD,
    MACHINE,
    NOW,
    OTHER,
    RECEIVED,
    SECOND,
    Case,
    by,
    check,
    facts,
    ids,
    noted,
)
from tests.make.handling import PROPOSAL


def answered(at: datetime) -> AnswerIn:
    return AnswerIn.model_validate({"words": "This one.", "at": at.isoformat()})


ASKING = AskIn(words="Which account?", reason="account_unknown")
PROPOSING = ProposeIn.model_validate(PROPOSAL)
REFUND = {"kind": "refund", "due_on": "2026-06-30", "owner_id": None}
APOLOGY = {"kind": "apology", "due_on": None, "owner_id": None}
PROPOSED = noted("propose", remedies=[REFUND, APOLOGY])
OWNED = facts(noted("propose", remedies=[REFUND | {"owner_id": str(OTHER)}]))
MAJOR, MINOR = {"severity": "major"}, {"severity": "moderate"}
LONGEST, TODAY = 30 * DAY, NOW.date()


def waited(time: timedelta) -> Noted:
    """A question that has waited so long."""
    return noted("ask", NOW - time)


def delivered(remedy: int) -> Noted:
    return noted("deliver_remedy", remedy=remedy)


def delivering(at: datetime) -> DeliverIn:
    return DeliverIn.model_validate({"remedy": 1, "at": at.isoformat()})


def confirming(remedy: int = 1, **changes: Any) -> ConfirmIn:
    return ConfirmIn.model_validate({"remedy": remedy, "method": "telephone"} | changes)


def proposing(**changes: Any) -> ProposeIn:
    return ProposeIn.model_validate(PROPOSAL | changes)


def promising(*days: date) -> ProposeIn:
    return proposing(remedies=[REFUND | {"due_on": day.isoformat()} for day in days])


PROPOSED_BY_LEAD = noted("propose", who=LEAD)
CASES = (
    Case(rules.has_question, None, ASKING),
    Case(rules.has_question, "question_missing"),
    Case(rules.may_pause, None, ASKING),
    Case(rules.may_pause, None, ASKING, facts(waited(LONGEST), noted("answer", NOW - SECOND))),
    Case(rules.may_pause, "pause_used_up", ASKING, facts(waited(LONGEST), noted("answer", NOW))),
    Case(rules.may_pause, "pause_used_up", ASKING, facts(waited(LONGEST), noted("time_out", NOW))),
    Case(rules.has_answer, None, AnswerIn(words="This one.")),
    Case(rules.has_answer, "answer_missing"),
    Case(rules.has_answer, None, answered(RECEIVED)),
    Case(rules.has_answer, "contact_time", answered(RECEIVED - SECOND)),
    Case(rules.has_answer, "contact_time", answered(NOW + SECOND)),
    Case(rules.has_answer, None, answered(NOW - 3 * DAY), facts(waited(9 * DAY), waited(3 * DAY))),
    Case(rules.has_answer, "contact_time", answered(NOW - 3 * DAY - SECOND), facts(waited(9 * DAY), waited(3 * DAY))),
    Case(rules.has_proposal, None, PROPOSING),
    Case(rules.has_proposal, "proposal_missing"),
    Case(rules.evidence_is_there, None),
    Case(rules.evidence_is_there, None, proposing()),
    Case(rules.evidence_is_there, None, proposing(evidence=[str(OTHER)]), facts(files={OTHER, LEAD})),
    Case(rules.evidence_is_there, "file_unknown", proposing(evidence=[str(OTHER)])),
    Case(rules.evidence_is_there, "file_unknown", proposing(evidence=[str(LEAD), str(OTHER)]), facts(files={LEAD})),
    Case(rules.remedies_lie_ahead, None, None, facts(today=TODAY)),
    Case(rules.remedies_lie_ahead, None, promising(TODAY), facts(today=TODAY)),
    Case(rules.remedies_lie_ahead, None, proposing(remedies=[APOLOGY]), facts(today=TODAY)),
    Case(rules.remedies_lie_ahead, "remedy_due_before", promising(TODAY - DAY), facts(today=TODAY)),
    Case(rules.remedies_lie_ahead, "remedy_due_before", promising(TODAY, TODAY - DAY), facts(today=TODAY)),
    Case(rules.cause_is_known, None),
    Case(rules.cause_is_known, None, PROPOSING, facts(causes=["expired_certificate"])),
    Case(rules.cause_is_known, "cause_unknown", PROPOSING, facts(causes=["late_release"])),
    Case(rules.cause_is_known, "cause_unknown", PROPOSING),
    Case(rules.approver_is_not_handler, None, ApproveIn(), actor=by(LEAD), record=MAJOR),
    Case(rules.approver_is_not_handler, None, ApproveIn(), actor=by(HANDLER), record=MINOR),
    Case(rules.approver_is_not_handler, None, ApproveIn(), facts(PROPOSED_BY_LEAD), by(OTHER), MAJOR),
    Case(rules.approver_is_not_handler, None, ApproveIn(), facts(PROPOSED_BY_LEAD), by(LEAD), MINOR),
    Case(rules.approver_is_not_handler, None, ApproveIn(), facts(PROPOSED_BY_LEAD), by(LEAD), MAJOR | {"round": 2}),
    Case(
        rules.approver_is_not_handler,
        "approver_is_handler",
        ApproveIn(),
        facts(PROPOSED_BY_LEAD, noted("send_back", who=OTHER), noted("propose", who=HANDLER)),
        by(LEAD),
        MAJOR,
    ),
    Case(
        rules.approver_is_not_handler,
        "approver_is_handler",
        ApproveIn(),
        facts(noted("assign", handler_id=str(OTHER)), noted("reassign", handler_id=str(HANDLER))),
        by(OTHER),
        MAJOR | {"round": 2},
    ),
    Case(rules.approver_is_not_handler, "approver_is_handler", ApproveIn(), facts(PROPOSED_BY_LEAD), by(LEAD), MAJOR),
    Case(rules.approver_is_not_handler, "approver_is_handler", ApproveIn(), actor=by(HANDLER), record=MAJOR),
    Case(
        rules.approver_is_not_handler,
        "approver_is_handler",
        ApproveIn(),
        actor=by(HANDLER),
        record={"severity": "critical"},
    ),
    Case(rules.approver_is_a_person, None, ApproveIn(), actor=by(LEAD), record=MAJOR),
    Case(rules.approver_is_a_person, None, ApproveIn(), actor=MACHINE, record=MINOR),
    Case(rules.approver_is_a_person, "approver_is_machine", ApproveIn(), actor=MACHINE, record=MAJOR),
    Case(rules.approver_is_a_person, "approver_is_machine", None, actor=MACHINE, record={"severity": "critical"}),
    Case(rules.approver_is_not_subject, None, ApproveIn(), facts(subjects=frozenset({OTHER}))),
    Case(rules.approver_is_not_subject, "approver_is_subject", ApproveIn(), facts(subjects=frozenset({LEAD}))),
    Case(rules.lateness_is_explained, None, ApproveIn()),
    Case(rules.lateness_is_explained, None, ApproveIn(lateness_reason="Ill."), facts(missed=frozenset({"decide"}))),
    Case(rules.lateness_is_explained, "lateness_unexplained", ApproveIn(), facts(missed=frozenset({"acknowledge"}))),
    Case(rules.lateness_is_explained, "lateness_unexplained", None, facts(missed=frozenset({"decide"}))),
    Case(rules.decision_is_told, None, ApproveIn()),
    Case(rules.decision_is_told, "notice_missing"),
    Case(rules.answer_is_there, None, ApproveIn()),
    Case(rules.answer_is_there, None, ApproveIn(), facts(answer_erased=True, complaining={})),
    Case(rules.answer_is_there, "answer_erased", ApproveIn(), facts(answer_erased=True)),
    Case(rules.has_comment, None, SendBackIn(words="Which certificate?")),
    Case(rules.has_comment, "comment_missing"),
    Case(rules.has_remedy, None, DeliverIn(remedy=2), facts(PROPOSED, delivered(1))),
    Case(rules.has_remedy, "remedy_unknown", None, facts(PROPOSED)),
    Case(rules.has_remedy, "remedy_unknown", DeliverIn(remedy=3), facts(PROPOSED)),
    Case(rules.has_remedy, "remedy_unknown", DeliverIn(remedy=1), facts(PROPOSED, delivered(1))),
    Case(rules.has_remedy, "remedy_unknown", DeliverIn(remedy=1), facts(noted("resolve_at_once", remedies=[APOLOGY]))),
    Case(rules.remedy_is_own, None),
    Case(rules.remedy_is_own, None, DeliverIn(remedy=3), facts(PROPOSED)),
    Case(rules.remedy_is_own, None, DeliverIn(remedy=1), OWNED, by(OTHER)),
    Case(rules.remedy_is_own, "remedy_of_another", DeliverIn(remedy=1), OWNED, by(LEAD)),
    Case(rules.remedy_is_own, "remedy_of_another", DeliverIn(remedy=1), facts(PROPOSED), by(LEAD)),
    Case(rules.has_remedy, None, delivering(DECIDED), facts(PROPOSED), record={"decided_at": DECIDED}),
    Case(
        rules.has_remedy,
        "delivery_time",
        delivering(DECIDED - SECOND),
        facts(PROPOSED),
        record={"decided_at": DECIDED},
    ),
    Case(rules.has_remedy, "delivery_time", delivering(NOW + SECOND), facts(PROPOSED)),
    Case(rules.has_confirmation, None, confirming(), facts(PROPOSED, delivered(1))),
    Case(rules.has_confirmation, "remedy_undelivered", None, facts(PROPOSED, delivered(1))),
    Case(rules.has_confirmation, "remedy_undelivered", confirming(2), facts(PROPOSED, delivered(1))),
    Case(rules.has_confirmation, "remedy_undelivered", confirming(), facts(PROPOSED, delivered(1), PROPOSED)),
    Case(rules.has_confirmation, None, confirming(at=(NOW - HOUR).isoformat()), facts(PROPOSED, delivered(1))),
    Case(
        rules.has_confirmation,
        "contact_time",
        confirming(at=(NOW - HOUR - SECOND).isoformat()),
        facts(PROPOSED, delivered(1)),
    ),
    Case(
        rules.has_confirmation,
        "contact_time",
        confirming(at=(NOW + SECOND).isoformat()),
        facts(PROPOSED, delivered(1)),
    ),
)


@pytest.mark.clause("8.2", "8.2-10", "8.2-11")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_investigations_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.feature("C16")
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)), max_size=8), st.integers(0, 99))
def test_what_was_paused_is_the_sum_of_all_pauses(waits: list[tuple[int, int]], still: int) -> None:
    records, at = [], NOW
    for work, wait in waits:
        asked = at + timedelta(hours=work)
        at = asked + timedelta(hours=wait)
        records += [noted("ask", asked), noted("answer" if wait % 2 else "time_out", at)]
    whole = timedelta(hours=sum(wait for _, wait in waits))
    assert rules.paused(records, at) == whole
    assert rules.paused([*records, noted("ask", at)], at + still * DAY) == whole + still * DAY


@given(st.sets(st.integers(1, 5)))
def test_a_remedy_waits_until_it_is_delivered_and_those_of_a_new_decision_are_others(done: set[int]) -> None:
    proposed: list[dict[str, Any]] = [REFUND] * 5
    records = [noted("propose", remedies=proposed), *(delivered(number) for number in done)]
    assert {one.number for one in rules.undelivered(records)} == set(range(1, 6)) - done
    assert [one.number for one in rules.undelivered([*records, noted("propose", remedies=proposed, round=2)])] == [
        1, 2, 3, 4, 5,
    ]  # fmt: skip


def test_the_follow_up_waits_for_what_is_due_until_a_day_and_not_delivered() -> None:
    proposed = noted("propose", remedies=[REFUND, APOLOGY, REFUND | {"due_on": "2026-07-01"}])
    until = date(2026, 6, 30)
    assert [one.number for one in rules.awaited([proposed], until)] == [1]
    assert [one.number for one in rules.awaited([proposed], until + DAY)] == [1, 3]
    assert rules.awaited([proposed, delivered(1)], until) == rules.awaited([proposed], until - DAY) == []


def test_files_that_are_none_of_the_complaints_are_named_by_their_fields() -> None:
    body = proposing(evidence=[str(LEAD), str(OTHER), str(HANDLER)])
    found = Case(rules.evidence_is_there, "file_unknown", body, facts(files={OTHER})).ask()
    assert found is not None
    assert all("/evidence/0, /evidence/2" in text for text in (found.message.en, found.message.zh))
