"""Which rules can be waived for one complaint, by whom, and with which substitute control (豁免)."""

from datetime import datetime
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import Facts, is_person, is_subject
from services.complaints.tasks.rules import MOST_WAIVERS

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.waivers.schemas import LinkIn, ReviewWaiverIn, WaiveIn

NO_WAIVER = Text(
    "What is waived, why, and which substitute control takes its place is missing.",
    "缺少豁免事项、理由和替代控制措施。",
)
NOT_WAIVABLE = Text("This rule cannot be waived.", "该规则不可豁免。")
TOO_MANY = Text("The complaint has as many waivers as it can have.", "该投诉的豁免数量已达上限。")
SUBJECT = Text("Nobody signs a waiver in a complaint about themselves.", "被投诉人不得签署豁免。")
NO_REVIEWER = Text("A reviewer other than who signs is missing.", "须指定签署人以外的复核人。")
REVIEWER_SUBJECT = Text("The complaint is about who is to review.", "复核人是被投诉人。")
NO_PERSON = Text(
    "A person signs a waiver and a person reviews it, no machine.",
    "豁免须由人员签署并由人员复核，不得由系统客户端办理。",
)
NO_REVIEW = Text("The outcome of the review is missing.", "缺少复核结果。")
NO_SUCH_WAIVER = Text("There is no such waiver that waits for its review.", "没有该项待复核的豁免。")
NO_REFERENCE = Text("The improvement is missing.", "缺少改进措施。")


def has_waiver(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What is waived, why, and the substitute control are given."""
    return None if body is not None else Objection("waiver_missing", NO_WAIVER, "8.2")


def is_waivable(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The rule is one that can be waived."""
    wrong = body is not None and body.objection not in WAIVABLE
    return Objection("not_waivable", NOT_WAIVABLE, "8.2") if wrong else None


def waivers_are_few(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There are not as many of the complaint as can be told apart."""
    many = len(facts.of("waive")) >= MOST_WAIVERS
    return Objection("too_many_waivers", TOO_MANY, "8.2") if many else None


def signer_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complaint is not about who signs."""
    same = is_subject(actor, facts.subjects)
    return Objection("signer_is_subject", SUBJECT, "8.2") if same else None


def signer_is_a_person(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody answers for the waiver: no machine signs it."""
    return None if is_person(actor) else Objection("signer_is_machine", NO_PERSON, "8.2")


def reviewer_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody is named to review a waiver in a complaint about themselves (回避)."""
    same = body is not None and body.reviewer_id in facts.subjects
    return Objection("reviewer_is_subject", REVIEWER_SUBJECT, "8.2") if same else None


def reviewer_is_another(
    complaint: "Complaint", facts: Facts, *, body: "WaiveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Who reviews is not who signs."""
    same = body is not None and body.reviewer_id is not None and actor.name == f"person:{body.reviewer_id}"
    return Objection("reviewer_is_signer", NO_REVIEWER, "8.2") if same else None


def has_improvement(
    complaint: "Complaint", facts: Facts, *, body: "LinkIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The improvement is named."""
    return None if body is not None else Objection("reference_missing", NO_REFERENCE, "8.2")


def has_review(
    complaint: "Complaint", facts: Facts, *, body: "ReviewWaiverIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The outcome of the substitute control is given."""
    return None if body is not None else Objection("review_missing", NO_REVIEW, "8.2")


def waiver_waits(
    complaint: "Complaint", facts: Facts, *, body: "ReviewWaiverIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There is such a waiver, and nobody has reviewed it."""
    if body is None or body.waiver in unreviewed(facts):
        return None
    return Objection("waiver_unknown", NO_SUCH_WAIVER, "8.2")


def reviewer_is_not_signer(
    complaint: "Complaint", facts: Facts, *, body: "ReviewWaiverIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody else than who signed the waiver reviews it."""
    signed = None if body is None else unreviewed(facts).get(body.waiver)
    return Objection("reviewer_is_signer", NO_REVIEWER, "8.2") if signed == actor.name else None


def reviewer_is_a_person(
    complaint: "Complaint", facts: Facts, *, body: "ReviewWaiverIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The substitute control is somebody's own look: no machine takes it."""
    return None if is_person(actor) else Objection("reviewer_is_machine", NO_PERSON, "8.2")


def unreviewed(facts: Facts) -> dict[int, str]:
    """The waivers of a complaint that nobody has reviewed, by their numbers from 1, with who signed them."""
    reviewed = {one.data["waiver"] for one in facts.of("review_waiver")}
    signed = {place: one.made_by for place, one in enumerate(facts.of("waive"), 1)}
    return {place: name for place, name in signed.items() if place not in reviewed}


WAIVING = (
    has_waiver,
    is_waivable,
    waivers_are_few,
    signer_is_a_person,
    signer_is_not_subject,
    reviewer_is_another,
    reviewer_is_not_subject,
)
REVIEWING = (has_review, waiver_waits, reviewer_is_a_person, reviewer_is_not_signer)
WAIVABLE = frozenset({
    "refuser_is_assessor", "reviewer_is_refuser", "handler_unqualified", "handler_unappointed", "handler_is_subject",
    "handler_in_subjects_team", "handler_absent", "approver_is_handler", "caller_is_handler", "handler_not_above",
    "answerer_is_handler", "not_followed_up", "mailbox_waits", "not_reinvestigated", "appeal_too_late", "window_over",
    "objection_too_late",
})  # fmt: skip
"""Objections that a waiver meets: another person where there is none, a follow-up that cannot be had, and a time that
is over for the complainant.
"""
