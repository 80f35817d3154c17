"""Each guard of handlers, progress and limits, both ways."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.actors import Nobody
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import Noted, person_of
from services.complaints.handling import rules
from services.complaints.handling.schemas import AssignIn, EscalateIn, ExtendIn, InformIn, ReassignIn, StartIn
from services.complaints.policies.rules import Policy
from services.complaints.steps.rules import LIFECYCLE
from services.complaints.tasks.rules import LEAD as LEADS
from tests.make.guards import (
    HANDLER,
    HOUR,
    LEAD,
    NOW,
    OTHER,
    RECEIVED,
    SECOND,
    Case,
    by,
    check,
    facts,
    ids,
    named,
    noted,
)

ASSIGNING = AssignIn(handler_id=OTHER)
WITH_BACKUP = AssignIn(handler_id=OTHER, backup_id=HANDLER)
WAIVED = frozenset({"handler_is_subject"})
LIMITED = {"decide_limit": timedelta(hours=80)}
EXTENDED = [noted("extend", working_hours=8) for _ in range(2)]


def reassigning(**changes: Any) -> ReassignIn:
    whole = {"handler_id": OTHER, "reason": "workload", "words": "The logs are read."}
    return ReassignIn.model_validate(whole | changes)


def informing(**changes: Any) -> InformIn:
    return InformIn.model_validate({"method": "telephone", "words": "We look into it."} | changes)


def extending(**changes: Any) -> ExtendIn:
    whole = {"working_hours": 8, "reason": "waiting_for_supplier", "told_method": "telephone"}
    return ExtendIn.model_validate(whole | changes)


CASES = (
    Case(rules.actor_is_not_subject, None, facts=facts(subjects={HANDLER})),
    Case(rules.actor_is_not_subject, "actor_is_subject", facts=facts(subjects={HANDLER, LEAD})),
    Case(rules.actor_is_not_subject, "actor_is_subject", facts=facts(subjects={LEAD}, waived=WAIVED)),
    Case(rules.actor_is_not_subject, "actor_is_subject", facts=facts(subjects={HANDLER}), actor=by(HANDLER)),
    Case(rules.actor_is_not_subject, None, facts=facts(subjects={HANDLER}, waived=WAIVED), actor=by(HANDLER)),
    Case(rules.has_handler, None, ASSIGNING, facts(named=named())),
    Case(rules.has_handler, "handler_missing"),
    Case(rules.has_handler, "handler_unknown", ASSIGNING),
    Case(rules.has_handler, "handler_unknown", ASSIGNING, facts(named=named(employed=False))),
    Case(rules.handler_is_qualified, None, ASSIGNING, facts(named=named())),
    Case(rules.handler_is_qualified, None),
    Case(rules.handler_is_qualified, "handler_unqualified", ASSIGNING, facts(named=named(qualified=False))),
    Case(rules.handler_is_appointed, None, ASSIGNING, facts(named=named())),
    Case(rules.handler_is_appointed, None, ASSIGNING, facts(named=named(employed=False, appointed=False))),
    Case(rules.handler_is_appointed, "handler_unappointed", ASSIGNING, facts(named=named(appointed=False))),
    Case(rules.handler_is_not_subject, None, ASSIGNING, facts(named=named())),
    Case(rules.handler_is_not_subject, None),
    Case(rules.handler_is_not_subject, "handler_is_subject", ASSIGNING, facts(named=named(is_subject=True))),
    Case(rules.handler_is_not_near, None, ASSIGNING, facts(named=named())),
    Case(
        rules.handler_is_not_near, None, ASSIGNING, facts(named=named(is_subject=True, in_subjects_team=True))
    ),  # said once
    Case(rules.handler_is_not_near, "handler_in_subjects_team", ASSIGNING, facts(named=named(in_subjects_team=True))),
    Case(rules.handler_is_there, None, ASSIGNING, facts(named=named())),
    Case(rules.handler_is_there, "handler_absent", ASSIGNING, facts(named=named(absent=True))),
    Case(rules.backup_is_another, None, AssignIn(handler_id=OTHER, backup_id=HANDLER)),
    Case(rules.backup_is_another, None, ASSIGNING),
    Case(rules.backup_is_another, "backup_is_handler", AssignIn(handler_id=OTHER, backup_id=OTHER)),
    Case(rules.backup_is_employed, None, ASSIGNING),
    Case(rules.backup_is_employed, None, WITH_BACKUP, facts(backup=named(HANDLER))),
    Case(rules.backup_is_employed, "backup_unknown", WITH_BACKUP, facts(backup=named(HANDLER, employed=False))),
    Case(rules.backup_is_not_subject, None, ASSIGNING, facts(named=named(is_subject=True))),
    Case(rules.backup_is_not_subject, None, WITH_BACKUP, facts(backup=named(HANDLER))),
    Case(rules.backup_is_not_subject, "backup_is_subject", WITH_BACKUP, facts(backup=named(HANDLER, is_subject=True))),
    Case(rules.backup_is_not_near, None, ASSIGNING, facts(named=named(in_subjects_team=True))),
    Case(rules.backup_is_not_near, None, WITH_BACKUP, facts(backup=named(HANDLER))),
    Case(
        rules.backup_is_not_near, None, WITH_BACKUP, facts(backup=named(is_subject=True, in_subjects_team=True))
    ),  # said once
    Case(
        rules.backup_is_not_near,
        "backup_in_subjects_team",
        WITH_BACKUP,
        facts(backup=named(HANDLER, in_subjects_team=True)),
    ),
    Case(rules.reviewer_is_outside, None, facts=facts(subjects={HANDLER})),
    Case(rules.reviewer_is_outside, None, facts=facts(outside_reviewer_id=OTHER)),
    Case(rules.reviewer_is_outside, None, facts=facts(about_head=True, outside_reviewer_id=LEAD), actor=by(LEAD)),
    Case(rules.reviewer_is_outside, "reviewer_not_outside", facts=facts(about_head=True), actor=by(LEAD)),
    Case(rules.reviewer_is_outside, "head_unknown", facts=facts(head_unknown=True), actor=by(LEAD)),
    Case(
        rules.reviewer_is_outside,
        "head_unknown",
        facts=facts(head_unknown=True, outside_reviewer_id=LEAD),
        actor=by(LEAD),
    ),
    Case(
        rules.reviewer_is_outside,
        "reviewer_not_outside",
        facts=facts(about_head=True, outside_reviewer_id=OTHER),
        actor=by(LEAD),
    ),
    Case(rules.handler_is_another, None, reassigning()),
    Case(rules.handler_is_another, "handler_unchanged", reassigning(handler_id=HANDLER)),
    Case(rules.is_handed_over, None, reassigning()),
    Case(rules.is_handed_over, "hand_over_missing"),
    Case(rules.has_plan, None, StartIn(words="I read the logs.")),
    Case(rules.has_plan, "plan_missing"),
    Case(rules.is_told, None, informing()),
    Case(rules.is_told, None, informing(at=str(RECEIVED))),
    Case(rules.is_told, "contact_not_recorded"),
    Case(rules.is_told, "contact_time", informing(at=str(RECEIVED - SECOND))),
    Case(rules.is_told, "contact_time", informing(at=str(NOW + SECOND))),
    Case(rules.has_extension, None, extending()),
    Case(rules.has_extension, "extension_missing"),
    Case(rules.has_limit, None, extending(), facts(**LIMITED)),
    Case(rules.has_limit, "no_limit", extending()),
    Case(rules.extender_is_not_handler, None, extending(), actor=by(LEAD)),
    Case(rules.extender_is_not_handler, None, extending(), record={"handler_id": None}),
    Case(rules.extender_is_not_handler, "approver_is_handler", extending(), actor=by(HANDLER)),
    Case(rules.extends_seldom, None, extending(), facts(*EXTENDED[:1])),
    Case(rules.extends_seldom, None, extending(), facts(*EXTENDED), record={"round": 2}),
    Case(rules.extends_seldom, "extended_too_often", extending(), facts(*EXTENDED)),
    Case(rules.extends_seldom, "extended_too_often", extending(), facts(policy=Policy(extensions=0))),
    Case(rules.extension_is_told, None, extending(told_at=str(NOW - HOUR))),
    Case(rules.extension_is_told, "extension_untold"),
    Case(rules.extension_is_told, "contact_time", extending(told_at=str(NOW + SECOND))),
    Case(rules.extension_is_told, "contact_time", extending(told_at=str(RECEIVED - SECOND))),
    Case(rules.has_next_level, None, EscalateIn(to_id=LEAD, reason="overdue")),
    Case(rules.has_next_level, "next_level_missing"),
    Case(rules.has_next_level, "next_level_missing", EscalateIn(to_id=HANDLER, reason="overdue")),
    Case(rules.next_level_is_not_subject, None),
    Case(rules.next_level_is_not_subject, None, EscalateIn(to_id=LEAD, reason="overdue"), facts(subjects={OTHER})),
    Case(
        rules.next_level_is_not_subject,
        "next_level_is_subject",
        EscalateIn(to_id=LEAD, reason="overdue"),
        facts(subjects={LEAD}),
    ),
)


@pytest.mark.clause("8.2", "8.2-5", "8.2-9", "8.2-11", "5.2")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_handling_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.clause("8.2")
def test_no_last_word_is_guarded_less_than_the_first_decision() -> None:
    guarded = {name for name, step in LIFECYCLE.steps.items() if rules.reviewer_is_outside in step.guards}
    decisions = {"refuse", "appeal", "uphold_refusal", "resolve_at_once", "approve"}
    assert guarded == decisions | {"redirect", "discard", "final_position", "answer_objection"}


GIVEN_TO_HANDLER = noted("assign", handler_id=str(HANDLER))
HANDLES_WITH_LEAD = Nobody(person_of(HANDLER), frozenset({LEADS}))


@pytest.mark.clause("8.2")
@pytest.mark.parametrize(
    ("records", "more", "actor", "barred"),
    [
        ([], {}, by(LEAD), False),
        ([], {}, HANDLES_WITH_LEAD, False),
        ([GIVEN_TO_HANDLER, noted("propose", who=HANDLER)], {}, by(HANDLER), False),
        ([GIVEN_TO_HANDLER, noted("propose", who=HANDLER)], {}, HANDLES_WITH_LEAD, True),
        ([noted("assign", handler_id=str(LEAD))], {}, by(OTHER), True),
        ([GIVEN_TO_HANDLER, noted("reassign", who=HANDLER, handler_id=str(OTHER))], {}, by(OTHER), True),
        ([GIVEN_TO_HANDLER, noted("propose")], {}, by(HANDLER), True),
        ([noted("refuse")], {}, by(OTHER), True),
        ([noted("resolve_at_once", who=HANDLER)], {}, by(HANDLER), False),
        ([noted("resolve_at_once", who=HANDLER)], {}, HANDLES_WITH_LEAD, True),
        ([GIVEN_TO_HANDLER], {"subjects": {OTHER}}, by(HANDLER), True),
        ([GIVEN_TO_HANDLER], {"round": 2}, by(HANDLER), True),
    ],
)
def test_the_lead_may_be_barred_who_is_near_to_what_is_to_be_decided(
    records: list[Noted], more: dict[str, Any], actor: Nobody, barred: bool
) -> None:
    of_complaint = {"round": 1} | more
    complaint = Complaint(round=of_complaint.pop("round"))
    assert rules.lead_may_be_barred(complaint, facts(*records, **of_complaint), actor=actor) is barred
