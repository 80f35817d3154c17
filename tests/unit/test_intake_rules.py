"""Each guard of intake, past cases and acknowledgements, both ways; and each guard of the whole life has its cases."""

from typing import Any

import pytest

from chassis.actors import PUBLIC
from services.complaints.complaints.rules import Intake
from services.complaints.complaints.schemas import AcknowledgeIn, ReceiveIn
from services.complaints.contacts import rules as contacts
from services.complaints.imports.schemas import Case as PastCase
from services.complaints.intake import rules
from services.complaints.steps.rules import LIFECYCLE
from tests.make.complaints import complaint, contact
from tests.make.guards import DAY, NOW, RECEIVED, SECOND, Case, check, facts, ids
from tests.unit import (
    test_assessment_rules,
    test_ending_rules,
    test_follow_up_rules,
    test_handling_rules,
    test_investigation_rules,
    test_objection_rules,
    test_waiver_rules,
)

TAKING, NAMED_ONLY = Intake(anonymous_allowed=True), Intake(anonymous_allowed=False)
NOBODY: dict[str, Any] = {"parties": [], "anonymous": True}


def receiving(**changes: Any) -> ReceiveIn:
    return ReceiveIn.model_validate(complaint(**changes))


def past(**changes: Any) -> PastCase:
    """A case that was closed before yesterday."""
    whole: dict[str, Any] = {
        "external_reference": {"system": "oldtool", "id": "C-1"},
        "received_at": NOW - 9 * DAY,
        "acknowledged_at": NOW - 8 * DAY,
        "decided_at": NOW - 4 * DAY,
        "closed_at": NOW - 2 * DAY,
        "state": "archived",
    }
    return PastCase.model_validate(whole | changes)


def telling(**changes: Any) -> AcknowledgeIn:
    return AcknowledgeIn.model_validate(contact(**changes))


def of_intake(guard: Any, code: str | None, body: object, known: Intake = TAKING) -> Case:
    return Case(guard, code, body, known, PUBLIC)


CASES = (
    of_intake(rules.contact_or_anonymous, None, receiving()),
    of_intake(rules.contact_or_anonymous, None, receiving(**NOBODY)),
    of_intake(rules.contact_or_anonymous, "contact_missing", receiving(parties=[])),
    of_intake(rules.anonymous_is_allowed, None, receiving(), NAMED_ONLY),
    of_intake(rules.anonymous_is_allowed, None, receiving(**NOBODY)),
    of_intake(rules.anonymous_is_allowed, "anonymous_not_allowed", receiving(**NOBODY), NAMED_ONLY),
    of_intake(rules.anonymous_names_nobody, None, receiving(**NOBODY)),
    of_intake(rules.anonymous_names_nobody, "anonymous_but_named", receiving(anonymous=True)),
    of_intake(rules.has_words, None, receiving()),
    of_intake(rules.has_words, None, receiving(words=None), Intake(anonymous_allowed=True, recorded=True)),
    of_intake(rules.has_words, "words_missing", receiving(words=None)),
    of_intake(rules.received_by_now, None, receiving(received_at=str(NOW))),
    of_intake(rules.received_by_now, "received_in_future", receiving(received_at=str(NOW + SECOND))),
    of_intake(rules.received_since_1970, None, receiving(received_at="1970-01-01T00:00:00Z")),
    of_intake(rules.received_since_1970, "received_too_early", receiving(received_at="1969-12-31T23:59:59Z")),
    of_intake(rules.times_in_order, None, past()),
    of_intake(rules.times_in_order, None, past(acknowledged_at=None, decided_at=None)),
    of_intake(rules.times_in_order, "times_order", past(decided_at=NOW - 10 * DAY)),
    of_intake(rules.times_in_order, "times_order", past(closed_at=NOW + SECOND)),
    of_intake(rules.times_in_order, "times_order", past(acknowledged_at=NOW - DAY)),
    of_intake(rules.is_open, None, past(closed_at=None)),
    of_intake(rules.is_open, "open_but_closed", past()),
    of_intake(rules.told_when_acknowledged, None, past(state="acknowledged")),
    of_intake(rules.told_when_acknowledged, None, past(state="received", acknowledged_at=None)),
    of_intake(rules.told_when_acknowledged, "acknowledged_at_or_not", past(state="received")),
    of_intake(rules.told_when_acknowledged, "acknowledged_at_or_not", past(state="acknowledged", acknowledged_at=None)),
    Case(contacts.contact_recorded, None, telling(at=str(RECEIVED))),
    Case(contacts.contact_recorded, "contact_not_recorded"),
    Case(contacts.contact_recorded, "contact_time", telling(at=str(NOW + SECOND))),
    Case(contacts.template_named, None, telling(method="email", template="receipt-1")),
    Case(contacts.template_named, "template_missing", telling(method="email")),
    Case(contacts.receipt_shown_to_anonymous, None, telling(method="receipt"), record={"anonymous": True}),
    Case(contacts.receipt_shown_to_anonymous, "receipt_not_enough", telling(method="receipt")),
    Case(contacts.limits_told, None, telling()),
    Case(contacts.limits_told, None, telling(told_limits=False), facts(limits_promised=False)),
    Case(contacts.limits_told, "limits_not_told", telling(told_limits=False)),
    Case(contacts.receipt_number_told, None, telling()),
    Case(contacts.receipt_number_told, "receipt_number_not_told", telling(told_receipt_number=False)),
)
WHOLE = (
    *CASES,
    *test_assessment_rules.CASES,
    *test_ending_rules.CASES,
    *test_follow_up_rules.CASES,
    *test_handling_rules.CASES,
    *test_investigation_rules.CASES,
    *test_objection_rules.CASES,
    *test_waiver_rules.CASES,
)
GUARDS = sorted({guard for step in LIFECYCLE.steps.values() for guard in step.guards}, key=lambda guard: guard.__name__)


@pytest.mark.clause("8.2", "8.2-9")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_intake_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_of_the_life_of_a_complaint_objects_in_a_case_and_does_not_in_another(guard: Any) -> None:
    told = {case.code is None for case in WHOLE if case.guard is guard}
    assert told == {True, False}, f"say in the table of its slice when {guard.__module__}.{guard.__name__} objects"


def test_no_case_is_of_a_guard_that_no_step_has() -> None:
    assert {case.guard for case in WHOLE} == set(GUARDS)
