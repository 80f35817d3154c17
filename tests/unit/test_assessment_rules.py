"""Each guard of assessments, refusals and appeals, both ways."""

from typing import Any
from uuid import UUID

import pytest

from services.complaints.assessments import rules
from services.complaints.assessments.schemas import AppealIn, AssessmentIn, RefuseIn
from services.complaints.policies.rules import Policy
from tests.make.guards import DAY, HANDLER, LEAD, NOW, OTHER, PARTY, SECOND, Case, by, check, facts, ids, noted
from tests.make.handling import ASSESSMENT

PROMISED = {"promised": {"acknowledge": 8, "decide": 80}}
REFUSED = noted("refuse", NOW - 30 * DAY)
BY_HAND = noted("assess", severity="major", decide_hours=40)
REFUSING = RefuseIn(reason="in_court", words="A court has it.")


def assessment(**changes: Any) -> AssessmentIn:
    return AssessmentIn.model_validate(ASSESSMENT | changes)


def about(account_id: UUID) -> AssessmentIn:
    return assessment(subject={"kind": "person", "account_id": str(account_id)})


def appeal(**changes: Any) -> AppealIn:
    return AppealIn.model_validate({"method": "letter", "words": "It is yours."} | changes)


CASES = (
    Case(rules.is_assessed, None, assessment()),
    Case(rules.is_assessed, "assessment_missing"),
    Case(rules.shortens_at_most, None, assessment(decide_hours=80), record=PROMISED),
    Case(rules.shortens_at_most, None, assessment(decide_hours=81)),
    Case(rules.shortens_at_most, None, assessment(), record=PROMISED),
    Case(rules.shortens_at_most, None, record=PROMISED),
    Case(rules.shortens_at_most, "limit_lengthened", assessment(decide_hours=81), record=PROMISED),
    Case(rules.shortens_at_most, None, assessment(decide_hours=40), facts(BY_HAND)),
    Case(rules.shortens_at_most, None, assessment(), facts(BY_HAND)),
    Case(rules.shortens_at_most, None, assessment(decide_hours=41), facts(BY_HAND), record={"round": 2}),
    Case(rules.shortens_at_most, "limit_lengthened", assessment(decide_hours=41), facts(BY_HAND)),
    Case(
        rules.shortens_at_most,
        "limit_lengthened",
        assessment(decide_hours=41, severity="minor"),
        facts(BY_HAND, policy=Policy(decide={"minor": 80})),
    ),
    Case(rules.stays_about_merged, None, about(OTHER), facts(merged_about={OTHER, None})),
    Case(rules.stays_about_merged, None, None, facts(merged_about={OTHER})),
    Case(rules.stays_about_merged, "merged_about_others", about(HANDLER), facts(merged_about={OTHER})),
    Case(rules.has_refusal_reason, None, REFUSING),
    Case(rules.has_refusal_reason, "reason_missing"),
    Case(rules.refuser_is_not_assessor, None, REFUSING, facts(noted("assess", who=HANDLER))),
    Case(rules.refuser_is_not_assessor, None, REFUSING),
    Case(rules.refuser_is_not_assessor, "refuser_is_assessor", REFUSING, facts(noted("assess"))),
    Case(
        rules.refuser_is_not_assessor,
        "refuser_is_assessor",
        REFUSING,
        facts(noted("assess"), noted("reassess", who=HANDLER)),
    ),
    Case(
        rules.refuser_is_not_assessor,
        "refuser_is_assessor",
        REFUSING,
        facts(noted("assess", who=HANDLER), noted("reassess")),
    ),
    Case(rules.refusal_was_not_overturned, None, REFUSING),
    *(
        Case(rules.refusal_was_not_overturned, "refusal_overturned", REFUSING, facts(REFUSED, noted(step)))
        for step in ("appeal", "admit_by_ruling")
    ),
    Case(rules.has_appeal, None, appeal(), facts(REFUSED)),
    Case(rules.has_appeal, None, appeal(received_at=str(REFUSED.at)), facts(REFUSED)),
    Case(rules.has_appeal, "appeal_missing", None, facts(REFUSED)),
    Case(rules.has_appeal, "appeal_time", appeal(received_at=str(REFUSED.at - SECOND)), facts(REFUSED)),
    Case(rules.has_appeal, "appeal_time", appeal(received_at=str(NOW + SECOND)), facts(REFUSED)),
    Case(rules.appeals_once, None, appeal(), facts(REFUSED)),
    Case(rules.appeals_once, "appealed_before", appeal(), facts(REFUSED, noted("appeal"))),
    Case(rules.appeals_once, "appealed_before", appeal(), facts(REFUSED, noted("uphold_refusal"))),
    Case(rules.appeals_in_time, None, appeal(), facts(REFUSED)),
    Case(rules.appeals_in_time, None, None, facts(noted("refuse", NOW - 30 * DAY))),
    Case(rules.appeals_in_time, "appeal_too_late", appeal(), facts(noted("refuse", NOW - 30 * DAY - SECOND))),
    Case(rules.appeals_in_time, "appeal_too_late", None, facts(noted("refuse", NOW - 30 * DAY - SECOND))),
    Case(
        rules.appeals_in_time,
        None,
        appeal(received_at=str(NOW - DAY)),
        facts(noted("refuse", NOW - 31 * DAY)),
    ),
    Case(
        rules.appeals_in_time,
        None,
        appeal(),
        facts(noted("refuse", NOW - 31 * DAY), noted("object", NOW - 2 * DAY, party=PARTY)),
    ),
    Case(rules.reviewer_is_not_refuser, None, appeal(), facts(REFUSED), by(OTHER)),
    Case(rules.reviewer_is_not_refuser, "reviewer_is_refuser", appeal(), facts(REFUSED), by(LEAD)),
)


@pytest.mark.feature("C7")
@pytest.mark.clause("8.2")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_assessments_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.clause("8.2-9")
@pytest.mark.parametrize(
    ("assessed", "expected"),
    [
        ([("major", None)], None),
        ([("major", 40), ("major", None)], 40),
        ([("major", 40), ("major", 8)], 8),
        ([("major", 40), ("minor", None)], None),
        ([("major", 40), ("moderate", None)], 40),  # the policy has no target for it
        ([("major", 40), ("minor", 20), ("minor", None)], 20),
        ([], None),
    ],
)
def test_a_limit_that_was_set_by_hand_holds_until_another_severity_brings_a_target(
    assessed: list[tuple[str, int | None]], expected: int | None
) -> None:
    kept = [{"severity": severity, "decide_hours": hours} for severity, hours in assessed]
    assert rules.set_by_hand(kept, Policy(decide={"major": 60, "minor": 80})) == expected
