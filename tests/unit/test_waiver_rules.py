"""Each guard of waivers, both ways; and every rule that can be waived is one that a guard has."""

import ast
import inspect
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from services.complaints.complaints.rules import Noted
from services.complaints.steps.queries import waived_in
from services.complaints.steps.rules import LIFECYCLE
from services.complaints.waivers import rules
from services.complaints.waivers.schemas import LinkIn, ReviewWaiverIn, WaiveIn
from tests.make.guards import HANDLER, HOUR, LEAD, MACHINE, NOW, OTHER, Case, by, check, facts, ids, noted


def waiving(reviewer_id: UUID | None = OTHER, **changes: Any) -> WaiveIn:
    whole = {
        "objection": "handler_in_subjects_team",
        "control": "management_review",
        "reviewer_id": reviewer_id,
        "words": "We are six people.",
    }
    return WaiveIn.model_validate(whole | changes)


def waived(until: datetime | None = None, **more: Any) -> Noted:
    whole: dict[str, Any] = {
        "round": 2,
        "objection": "handler_absent",
        "until": None if until is None else until.isoformat(),
    }
    return noted("waive", **whole | more)


OUTSIDE = waiving(None, control="outside_review", reviewer_name="Dr. Li")
REVIEW = ReviewWaiverIn(outcome="confirmed", words="The records were looked at.")
CASES = (
    Case(rules.has_waiver, None, waiving()),
    Case(rules.has_waiver, "waiver_missing"),
    Case(rules.is_waivable, None, waiving()),
    Case(rules.is_waivable, None),
    Case(rules.is_waivable, "not_waivable", waiving(objection="wrong_state")),
    Case(rules.is_waivable, "not_waivable", waiving(objection="wants_more")),
    Case(rules.waivers_are_few, None, waiving(), facts(*[noted("waive")] * 99)),
    Case(rules.waivers_are_few, "too_many_waivers", waiving(), facts(*[noted("waive")] * 100)),
    Case(rules.signer_is_not_subject, None, waiving(), facts(subjects={HANDLER}), by(LEAD)),
    Case(rules.signer_is_not_subject, "signer_is_subject", waiving(), facts(subjects={HANDLER, LEAD}), by(LEAD)),
    Case(rules.signer_is_a_person, None, waiving(), actor=by(LEAD)),
    Case(rules.signer_is_a_person, "signer_is_machine", waiving(), actor=MACHINE),
    Case(rules.reviewer_is_a_person, None, REVIEW, actor=by(OTHER)),
    Case(rules.reviewer_is_a_person, "reviewer_is_machine", REVIEW, actor=MACHINE),
    Case(rules.reviewer_is_not_subject, None, waiving(), facts(subjects={HANDLER})),
    Case(rules.reviewer_is_not_subject, None, OUTSIDE, facts(subjects={OTHER})),
    Case(rules.reviewer_is_not_subject, None, None, facts(subjects={OTHER})),
    Case(rules.reviewer_is_not_subject, "reviewer_is_subject", waiving(OTHER), facts(subjects={OTHER})),
    Case(rules.reviewer_is_another, None, waiving(), actor=by(LEAD)),
    Case(rules.reviewer_is_another, None, OUTSIDE, actor=by(LEAD)),
    Case(rules.reviewer_is_another, "reviewer_is_signer", waiving(LEAD), actor=by(LEAD)),
    Case(rules.has_review, None, REVIEW),
    Case(rules.has_review, "review_missing"),
    Case(rules.waiver_waits, None),
    Case(rules.waiver_waits, None, REVIEW, facts(noted("waive"))),
    Case(rules.waiver_waits, "waiver_unknown", REVIEW),
    Case(rules.waiver_waits, "waiver_unknown", REVIEW, facts(noted("waive"), noted("review_waiver", waiver=1))),
    Case(rules.reviewer_is_not_signer, None, REVIEW, facts(noted("waive")), by(OTHER)),
    Case(rules.reviewer_is_not_signer, "reviewer_is_signer", REVIEW, facts(noted("waive", who=LEAD)), by(LEAD)),
    Case(rules.has_improvement, None, LinkIn(improvement="imp-2026-0007")),
    Case(rules.has_improvement, "reference_missing"),
)


@pytest.mark.clause("8.2")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_waivers_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.clause("8.2")
@pytest.mark.parametrize(
    ("records", "codes"),
    [
        ([waived()], {"handler_absent"}),
        ([waived(until=NOW + HOUR)], {"handler_absent"}),
        ([waived(until=NOW)], set()),
        ([waived(round=1)], set()),
        ([waived(), noted("review_waiver", round=2, waiver=1, outcome="confirmed")], {"handler_absent"}),
        ([waived(), noted("review_waiver", round=2, waiver=1, outcome="not_confirmed")], set()),
        ([waived(), waived(), noted("review_waiver", round=2, waiver=1, outcome="not_confirmed")], {"handler_absent"}),
    ],
)
def test_a_waiver_holds_in_its_round_until_its_end_and_unless_its_review_rejects_it(
    records: list[Noted], codes: set[str]
) -> None:
    assert waived_in(records, 2, NOW) == codes


def codes_of(guard: Any) -> set[str]:
    """The codes of the objections that a guard has, as they stand in its source."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(guard))) if isinstance(node, ast.Call))
    objections = (node.args[0] for node in calls if ast.unparse(node.func) == "Objection")
    return {code.value for code in objections if isinstance(code, ast.Constant) and isinstance(code.value, str)}


def every_code() -> set[str]:
    """The codes of all guards, as they stand in their sources."""
    guards = {guard for step in LIFECYCLE.steps.values() for guard in step.guards}
    return set().union(*map(codes_of, guards))


def test_whatever_can_be_waived_is_the_objection_of_a_guard() -> None:
    assert every_code() > rules.WAIVABLE


ALWAYS = {
    "wrong_state", "actor_is_subject", "approver_is_subject", "signer_is_subject", "caller_is_subject",
    "reviewer_is_subject", "reviewer_is_signer", "reviewer_not_outside", "head_unknown", "approver_is_machine",
    "signer_is_machine", "proposal_missing", "file_unknown", "notice_missing", "final_letter_missing", "wants_more",
    "remedies_unsettled", "external_case_unanswered", "lateness_unexplained", "improvement_missing", "others_merged",
    "refusal_overturned",
}  # fmt: skip


@pytest.mark.clause("8.2", "8.2-4", "8.2-11")
@pytest.mark.parametrize("code", sorted(ALWAYS))
def test_some_rules_nobody_waives(code: str) -> None:
    found = Case(rules.is_waivable, "not_waivable", waiving(objection=code)).ask()
    assert found is not None
    assert code in every_code() | {"wrong_state", "file_unknown"}, "the one of the table, the other of two guards"


def test_of_what_keeps_a_complaint_from_being_closed_the_follow_up_alone_can_be_waived() -> None:
    codes = set().union(*(codes_of(guard) for guard in LIFECYCLE.steps["close"].guards))
    assert codes & rules.WAIVABLE == {"not_followed_up", "mailbox_waits"}
