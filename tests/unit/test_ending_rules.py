"""Each guard of endings without an investigation, both ways."""

from typing import Any
from uuid import UUID

import pytest

from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import ENDED, OPEN, Facts
from services.complaints.endings import rules
from services.complaints.endings.schemas import DiscardIn, MergeIn, RedirectIn, ResolveIn, WithdrawalIn
from tests.make.guards import LEAD, NOW, OTHER, PARTY, RECEIVED, SECOND, SECOND_PARTY, Case, check, facts, ids, noted

MERGING = MergeIn(target_id=OTHER, words="The same outage.")
ITSELF = {"id": OTHER}
PROMISED = noted("propose", remedies=[{"kind": "apology", "due_on": None, "owner_id": None}])
DELIVERED = noted("deliver_remedy", remedy=1)


UNIT = UUID(int=20)


def about(*ids: UUID | None) -> dict[str, Any]:
    """A complaint to merge into that is open, and about these."""
    return {"target": "assessed", "target_about": set(ids)}


def redirecting(**changes: Any) -> RedirectIn:
    return RedirectIn.model_validate({"reason": "fault_report", "destination": "service_desk"} | changes)


def resolving(**changes: Any) -> ResolveIn:
    whole = {
        "method": "telephone",
        "cause": "wrong_invoice",
        "remedy": "correction",
        "agreed": True,
        "done": True,
        "words": "A new invoice was sent.",
    }
    return ResolveIn.model_validate(whole | changes)


def withdrawing(**changes: Any) -> WithdrawalIn:
    return WithdrawalIn.model_validate({"method": "telephone", "words": "It works again."} | changes)


CASES = (
    Case(rules.has_reason, None, redirecting()),
    Case(rules.has_reason, None, DiscardIn(reason="spam")),
    Case(rules.has_reason, "reason_missing"),
    Case(rules.sender_is_told, None, redirecting(told=True)),
    Case(rules.sender_is_told, None, redirecting(), facts(complaining={PARTY: False})),
    Case(rules.sender_is_told, None),
    Case(rules.sender_is_told, "sender_untold", redirecting()),
    *(
        Case(rules.sender_of_discarded_is_told, None, DiscardIn.model_validate({"reason": reason}))
        for reason in sorted(rules.NOISE)
    ),
    Case(rules.sender_of_discarded_is_told, None, DiscardIn(reason="enquiry", told=True)),
    Case(rules.sender_of_discarded_is_told, None, DiscardIn(reason="enquiry"), facts(complaining={PARTY: False})),
    Case(rules.sender_of_discarded_is_told, None),
    Case(rules.sender_of_discarded_is_told, "sender_untold", DiscardIn(reason="enquiry")),
    Case(rules.is_minor, None, resolving()),
    Case(rules.is_minor, None, resolving(), record={"concerns": ["security"]}),
    Case(rules.is_minor, "not_minor"),
    Case(rules.is_minor, "not_minor", resolving(legal=True)),
    Case(rules.is_minor, "not_minor", resolving(), record={"concerns": ["safety"]}),
    Case(rules.is_agreed, None, resolving()),
    Case(rules.is_agreed, "agreement_missing"),
    Case(rules.is_agreed, "agreement_missing", resolving(agreed=False)),
    Case(rules.is_remedied, None, resolving()),
    Case(rules.is_remedied, "remedy_not_done"),
    Case(rules.is_remedied, "remedy_not_done", resolving(done=False)),
    *(Case(rules.target_is_open, None, MERGING, facts(target=state)) for state in sorted(OPEN)),
    *(Case(rules.target_is_open, "target_not_open", MERGING, facts(target=state)) for state in sorted(ENDED)),
    Case(rules.target_is_open, "target_not_open", MERGING),
    Case(rules.target_is_open, "target_not_open"),
    Case(rules.target_is_open, "target_is_itself", MERGING, facts(target="received"), record=ITSELF),
    Case(rules.nothing_is_promised, None, MERGING, facts(PROMISED), record={"state": "reinvestigating"}),
    Case(rules.nothing_is_promised, None, MERGING, facts(PROMISED, DELIVERED), record={"state": "decided"}),
    Case(rules.nothing_is_promised, "remedies_promised", MERGING, facts(PROMISED), record={"state": "decided"}),
    Case(
        rules.nothing_is_promised, "remedies_promised", MERGING, facts(PROMISED), record={"state": "follow_up_pending"}
    ),
    Case(rules.target_is_about_the_same, None, MERGING, facts(target="received")),
    Case(rules.target_is_about_the_same, None, MERGING, facts(target="received", target_about={OTHER})),
    Case(rules.target_is_about_the_same, None, MERGING, facts(subjects={OTHER}, **about(OTHER, LEAD))),
    Case(rules.target_is_about_the_same, None, MERGING, facts(**about(UNIT)), record={"subject_unit_id": UNIT}),
    Case(rules.target_is_about_the_same, None, MERGING, facts(subjects={OTHER}, target="closed")),  # said once
    Case(rules.target_is_about_the_same, "target_about_others", MERGING, facts(subjects={OTHER}, **about(LEAD))),
    Case(rules.target_is_about_the_same, "target_about_others", MERGING, facts(subjects={OTHER, LEAD}, **about(LEAD))),
    Case(
        rules.target_is_about_the_same,
        "target_about_others",
        MERGING,
        facts(**about(LEAD, None)),
        record={"subject_unit_id": UNIT},
    ),
    Case(rules.nothing_is_merged_in, None, redirecting()),
    Case(rules.nothing_is_merged_in, "others_merged", redirecting(), facts(others_merged=True)),
    Case(rules.speaks_for_who_complains, None, withdrawing(), facts(leaving={PARTY})),
    Case(rules.speaks_for_who_complains, None, withdrawing(party_id=str(PARTY)), facts(leaving={PARTY})),
    Case(rules.speaks_for_who_complains, None),
    Case(
        rules.speaks_for_who_complains,
        "party_unknown",
        withdrawing(party_id=str(SECOND_PARTY)),
        facts(leaving={PARTY}),
    ),
    Case(rules.has_not_withdrawn, None, withdrawing(), facts(leaving={PARTY}, withdrawn={SECOND_PARTY})),
    Case(rules.has_not_withdrawn, "withdrawn_before", withdrawing(), facts(leaving={PARTY}, withdrawn={PARTY})),
    Case(rules.has_not_withdrawn, None),
    Case(rules.has_statement, None, withdrawing()),
    Case(rules.has_statement, None, withdrawing(at=str(RECEIVED))),
    Case(rules.has_statement, "statement_missing"),
    Case(rules.has_statement, "contact_time", withdrawing(at=str(RECEIVED - SECOND))),
    Case(rules.has_statement, "contact_time", withdrawing(at=str(NOW + SECOND))),
)


@pytest.mark.clause("8.2", "8.2-11")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_endings_objects_or_does_not(case: Case) -> None:
    check(case)


BOTH = {PARTY: True, SECOND_PARTY: False}
ASKED = noted("ask", party=PARTY, awaited="complainant")


@pytest.mark.clause("8.2-11")
@pytest.mark.parametrize(
    ("state", "known", "after"),
    [
        ("assigned", facts(leaving={PARTY}), "withdrawn"),
        ("assigned", facts(complaining={}, leaving={PARTY}), "withdrawn"),
        ("assigned", facts(complaining=BOTH, leaving={PARTY}), "assigned"),
        ("assigned", facts(complaining=BOTH, leaving=set(BOTH)), "withdrawn"),
        ("waiting_complainant", facts(ASKED, complaining=BOTH, leaving={PARTY}), "reinvestigating"),
        ("waiting_complainant", facts(ASKED, complaining=BOTH, leaving={SECOND_PARTY}), "waiting_complainant"),
        ("waiting_complainant", facts(ASKED, leaving={PARTY}), "withdrawn"),
    ],
)
def test_a_withdrawal_ends_a_complaint_with_the_last_who_complains(state: str, known: Facts, after: str) -> None:
    assert rules.after_withdrawal(Complaint(state=state, came_from="reinvestigating"), known) == after
