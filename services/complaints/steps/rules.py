"""The life of a complaint: every step with its states and guards, as one table (clause 8.2; steps of ISO 10002)."""

from typing import TYPE_CHECKING

from chassis.lifecycle import Lifecycle, Step
from services.complaints.assessments import rules as assessments
from services.complaints.complaints.rules import HANDLED, OPEN, STATES, TOLD, WORKING, State
from services.complaints.contacts import rules as contacts
from services.complaints.endings import rules as endings
from services.complaints.follow_ups import rules as follow_ups
from services.complaints.handling import rules as handling
from services.complaints.intake import rules as intake
from services.complaints.investigations import rules as investigations
from services.complaints.objections import rules as objections
from services.complaints.waivers import rules as waivers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chassis.lifecycle import Guard, Target
    from services.complaints.complaints.models import Complaint
    from services.complaints.complaints.rules import Facts

FRESH = (State.RECEIVED, State.ACKNOWLEDGED)
PENDING = {State.FOLLOW_UP_PENDING}
PERMISSIONS = {"external_ruling": "complaints.external_case.rule"}
"""The permissions of steps that are no steps of a complaint alone."""


OF_SUBJECTS = {waivers.signer_is_not_subject, investigations.approver_is_not_subject}
"""Guards by which no waiver lets the one whom a complaint is about take a step; all others have a milder one."""


def came_from(complaint: "Complaint", facts: "Facts") -> State:
    """The state to which a complaint goes back."""
    assert complaint.came_from is not None  # the steps that lead here have set it
    return State(complaint.came_from)


def _step(
    permission: str, sources: "Collection[State]", target: "Target", guards: "Iterable[Guard]" = (), clause: str = "8.2"
) -> Step:
    strict = tuple(guards)
    if sources and not OF_SUBJECTS & set(strict):
        strict = (*strict, handling.actor_is_not_subject)
    return Step(
        sources,
        target,
        permission=PERMISSIONS.get(permission, f"complaints.complaint.{permission}"),
        guards=strict,
        clause=clause,
    )


LIFECYCLE: "Lifecycle[Complaint]" = Lifecycle(
    STATES,
    receive=_step("receive", (), State.RECEIVED, intake.RECEIVING),
    archive=_step("import", (), State.ARCHIVED, intake.PAST),
    take_over=_step("import", (), State.RECEIVED, intake.GOING_ON),
    take_over_acknowledged=_step("import", (), State.ACKNOWLEDGED, intake.GOING_ON),
    acknowledge=_step("acknowledge", {State.RECEIVED}, State.ACKNOWLEDGED, contacts.ACKNOWLEDGING),
    redirect=_step(
        "redirect",
        FRESH,
        State.REDIRECTED,
        (endings.has_reason, endings.sender_is_told, endings.nothing_is_merged_in, handling.reviewer_is_outside),
    ),
    discard=_step(
        "discard",
        FRESH,
        State.DISCARDED,
        (
            endings.has_reason,
            endings.sender_of_discarded_is_told,
            endings.nothing_is_merged_in,
            handling.reviewer_is_outside,
        ),
    ),
    resolve_at_once=_step(
        "resolve_at_once",
        FRESH,
        State.DECIDED,
        (*endings.RESOLVING, investigations.cause_is_known, handling.reviewer_is_outside),
        "8.2-10",
    ),
    assess=_step("assess", {State.ACKNOWLEDGED}, State.ASSESSED, assessments.ASSESSING),
    assign=_step("assign", {State.ASSESSED}, State.ASSIGNED, handling.HANDLER, "8.2-5"),
    refuse=_step(
        "refuse",
        {State.ASSESSED},
        State.REFUSED,
        (*assessments.REFUSING, endings.nothing_is_merged_in, handling.reviewer_is_outside),
    ),
    appeal=_step("appeal", {State.REFUSED}, State.ASSESSED, (*assessments.APPEALING, handling.reviewer_is_outside)),
    uphold_refusal=_step("appeal", {State.REFUSED}, None, (*assessments.APPEALING, handling.reviewer_is_outside)),
    start=_step("start", {State.ASSIGNED}, State.INVESTIGATING, (handling.has_plan,)),
    reassign=_step("reassign", HANDLED, None, handling.REASSIGNING, "8.2-5"),
    reassess=_step(
        "reassess",
        {State.ASSESSED, *HANDLED} - {State.REINVESTIGATING},
        None,
        (*assessments.ASSESSING, assessments.stays_about_merged, *handling.INDEPENDENT),
    ),
    inform=_step("inform", TOLD, None, (handling.is_told,), "8.2-11"),
    extend=_step("extend", OPEN, None, handling.EXTENDING, "8.2-9"),
    escalate=_step("escalate", OPEN, None, handling.ESCALATING),
    merge=_step("merge", OPEN, State.MERGED, endings.MERGING),
    ask=_step("ask", WORKING, State.WAITING_COMPLAINANT, (*investigations.ASKING, follow_ups.names_a_party), "8.2-11"),
    answer=_step("answer", {State.WAITING_COMPLAINANT}, came_from, (investigations.has_answer,), "8.2-11"),
    time_out=_step("ask", {State.WAITING_COMPLAINANT}, came_from),
    propose=_step("propose", WORKING, State.RESPONSE_READY, investigations.PROPOSING, "8.2-11"),
    approve=_step(
        "approve",
        {State.RESPONSE_READY},
        State.DECIDED,
        (*investigations.APPROVING, handling.reviewer_is_outside),
        "8.2-10",
    ),
    send_back=_step("approve", {State.RESPONSE_READY}, came_from, (investigations.has_comment,), "8.2-11"),
    deliver_remedy=_step(
        "deliver_remedy",
        {State.DECIDED, *PENDING, State.CLOSED},
        None,
        (investigations.has_remedy, investigations.remedy_is_own),
        "8.2-11",
    ),
    confirm_remedy=_step(
        "follow_up", {State.DECIDED, *PENDING, State.CLOSED}, None, (investigations.has_confirmation,), "8.2-11"
    ),
    plan_follow_up=_step(
        "plan_follow_up", {State.DECIDED, *PENDING}, State.FOLLOW_UP_PENDING, follow_ups.PLANNING, "8.2-4"
    ),
    record_follow_up=_step("follow_up", PENDING, None, follow_ups.ATTEMPTING, "8.2-4"),
    notify_follow_up=_step("follow_up", PENDING, None, (follow_ups.has_notice, follow_ups.names_a_party), "8.2-4"),
    close=_step("close", PENDING, State.CLOSED, (*follow_ups.FOLLOWED_UP, *follow_ups.SETTLED), "8.2-4"),
    dissatisfied=_step(
        "reopen",
        PENDING,
        State.REINVESTIGATING,
        (follow_ups.is_dissatisfied, *handling.HANDLER, follow_ups.handler_is_above),
        "8.2-4",
    ),
    final_position=_step("close", PENDING, State.CLOSED, (*follow_ups.FINAL, handling.reviewer_is_outside), "8.2-4"),
    reopen=_step("reopen", {State.CLOSED}, State.REINVESTIGATING, (follow_ups.may_reopen, *handling.HANDLER)),
    object=_step("object", {State.REFUSED, State.CLOSED}, None, objections.OBJECTING),
    answer_objection=_step("reopen", {State.CLOSED}, None, (*objections.ANSWERING, handling.reviewer_is_outside)),
    reopen_by_ruling=_step("external_ruling", {State.CLOSED}, State.REINVESTIGATING),
    admit_by_ruling=_step("external_ruling", {State.REFUSED}, State.ASSESSED),
    withdraw=_step("withdraw", OPEN, endings.after_withdrawal, endings.WITHDRAWING, "8.2-11"),
    waive=_step("waive", {*OPEN, State.REFUSED, State.CLOSED}, None, waivers.WAIVING),
    review_waiver=_step("review_waiver", frozenset(State) - {State.ARCHIVED}, None, waivers.REVIEWING),
    link_improvement=_step("link_improvement", {*OPEN, State.CLOSED}, None, (waivers.has_improvement,)),
)
