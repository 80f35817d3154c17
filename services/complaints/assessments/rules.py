"""What must be there to assess a complaint, to refuse it, and to hear an appeal."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import Facts
from services.complaints.policies.rules import Policy

if TYPE_CHECKING:
    from services.complaints.assessments.schemas import AppealIn, AssessmentIn, ReassessmentIn, RefuseIn, UpholdIn
    from services.complaints.complaints.models import Complaint

NOT_ASSESSED = Text(
    "Severity, urgency, category and whom it is about must be given.", "须给出严重程度、紧急程度、类别和被投诉对象。"
)
LONGER = Text(
    "An assessment can shorten the limit to decide, never lengthen it; an extension can.",
    "评估只能缩短办结时限，不得延长；延长须办理延期。",
)
LOSES_SUBJECT = Text(
    "The complaint would no longer be about somebody whom a complaint that was merged into it is about.",
    "重新评估后，本投诉将不再涉及已并入投诉的被投诉对象。",
)
NO_REASON = Text("A reason is missing.", "缺少理由。")
OWN_ASSESSMENT = Text("Whoever assessed the complaint cannot refuse it.", "评估人不得决定不予受理。")
OVERTURNED = Text(
    "A refusal of this complaint was overturned: it is handled.", "本投诉的不予受理决定已被撤销，须予以办理。"
)
APPEALED = Text("There has been an internal appeal already.", "已进行过一次内部申诉。")
TOO_LATE = Text("The time for an appeal is over.", "申诉期限已过。")
OWN_REFUSAL = Text("Whoever refused the complaint cannot decide on the appeal.", "作出不予受理决定的人员不得处理申诉。")
APPEAL_TIME = Text("The appeal must lie between the refusal and now.", "申诉时间须在决定不予受理之后且不晚于当前时间。")
NO_APPEAL = Text("The words of the appeal are missing.", "缺少申诉内容。")


def is_assessed(
    complaint: "Complaint", facts: Facts, *, body: "AssessmentIn | ReassessmentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Severity, urgency, category, validity, subject and department are given."""
    return None if body is not None else Objection("assessment_missing", NOT_ASSESSED, "8.2")


def shortens_at_most(
    complaint: "Complaint", facts: Facts, *, body: "AssessmentIn | ReassessmentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The limit to decide is lengthened beyond neither what was promised nor what was set by hand before."""
    asked = None if body is None else body.decide_hours
    if asked is None:
        return None
    known = (complaint.promised.get("decide"), set_by_hand(assessed_in(facts, complaint.round), facts.policy))
    longer = any(limit is not None and asked > limit for limit in known)
    return Objection("limit_lengthened", LONGER, "8.2-9") if longer else None


def has_refusal_reason(
    complaint: "Complaint", facts: Facts, *, body: "RefuseIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A reason is given, which the complainant is told."""
    return None if body is not None else Objection("reason_missing", NO_REASON, "8.2")


def refuser_is_not_assessor(
    complaint: "Complaint", facts: Facts, *, body: "RefuseIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Two people look at a complaint that is not accepted."""
    same = actor.name in {one.made_by for one in (*facts.of("assess"), *facts.of("reassess"))}
    return Objection("refuser_is_assessor", OWN_ASSESSMENT, "8.2") if same else None


def refusal_was_not_overturned(
    complaint: "Complaint", facts: Facts, *, body: "RefuseIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What was accepted on appeal or by a ruling is not refused again: there would be no second appeal."""
    overturned = facts.of("appeal") or facts.of("admit_by_ruling")
    return Objection("refusal_overturned", OVERTURNED, "8.2") if overturned else None


def has_appeal(
    complaint: "Complaint", facts: Facts, *, body: "AppealIn | UpholdIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What the complainant objects to is on record, between the refusal and now."""
    if body is None:
        return Objection("appeal_missing", NO_APPEAL, "8.2")
    refused, came = facts.last("refuse"), body.received_at or now
    follows = refused is None or refused.at <= came
    return None if follows and came <= now else Objection("appeal_time", APPEAL_TIME, "8.2")


def appeals_once(
    complaint: "Complaint", facts: Facts, *, body: "AppealIn | UpholdIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There is one internal appeal."""
    return Objection("appealed_before", APPEALED, "8.2") if is_heard(facts) else None


def appeals_in_time(
    complaint: "Complaint", facts: Facts, *, body: "AppealIn | UpholdIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The appeal came within the time that the complainant was told; what was lodged in time waits without harm."""
    refused = facts.last("refuse")
    came = min([one.at for one in facts.waiting.values()], default=(None if body is None else body.received_at) or now)
    late = refused is not None and came > refused.at + timedelta(days=facts.policy.appeal_days)
    return Objection("appeal_too_late", TOO_LATE, "8.2") if late else None


def reviewer_is_not_refuser(
    complaint: "Complaint", facts: Facts, *, body: "AppealIn | UpholdIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody else than who refused decides on the appeal."""
    refused = facts.last("refuse")
    same = refused is not None and refused.made_by == actor.name
    return Objection("reviewer_is_refuser", OWN_REFUSAL, "8.2") if same else None


def assessed_in(facts: Facts, round_: int) -> list[Mapping[str, Any]]:
    """What each assessment of a round has kept, in their order."""
    return [one.data for one in facts.records if one.step in {"assess", "reassess"} and one.round == round_]


def set_by_hand(assessed: Iterable[Mapping[str, Any]], policy: Policy) -> int | None:
    """The limit to decide in working hours that assessments have set and that holds still; None where there is none.

    It ends where another severity brings the target that the policy has for it.
    """
    hours, severity = None, None
    for one in assessed:
        changed, severity = one["severity"] != severity, one["severity"]
        targeted = changed and policy.decide.get(severity) is not None
        hours = one["decide_hours"] or (None if targeted else hours)
    return hours


def is_heard(facts: Facts) -> bool:
    """Whether an internal appeal was decided on."""
    return any(one.step in {"appeal", "uphold_refusal"} for one in facts.records)


def stays_about_merged(
    complaint: "Complaint", facts: Facts, *, body: "ReassessmentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Whom a complaint is about that was merged into this one stays away from it (回避)."""
    about = set() if body is None else {body.subject.account_id, body.subject.unit_id, None}
    lost = body is not None and not set(facts.merged_about) <= about
    return Objection("merged_about_others", LOSES_SUBJECT, "8.2") if lost else None


ASSESSING = (is_assessed, shortens_at_most)
REFUSING = (has_refusal_reason, refuser_is_not_assessor, refusal_was_not_overturned)
APPEALING = (has_appeal, appeals_once, appeals_in_time, reviewer_is_not_refuser)
