"""What must be there to give a complaint to a handler, and what is done on the way."""

from datetime import datetime
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import Facts, handled_by, is_subject, person_of
from services.complaints.tasks.rules import LEAD

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.handling.schemas import (
        AssignIn,
        EscalateIn,
        ExtendIn,
        InformIn,
        ReassignIn,
        StartIn,
    )

NOBODY = Text("No handler is named.", "未指定处理人员。")
UNKNOWN = Text("The handler is not known here as a member of staff who is employed.", "所指定的处理人员不是在职员工。")
UNQUALIFIED = Text(
    "The handler has no valid training in handling complaints on this day.", "处理人员当日没有有效的投诉处理培训记录。"
)
ABOUT_YOU = Text("The complaint is about you: others deal with it.", "该投诉涉及您本人，须由他人办理。")
UNAPPOINTED = Text(
    "The handler is not appointed to handle complaints on this day.", "处理人员当日未被任命负责投诉处理。"
)
SUBJECT = Text("The complaint is about the handler.", "处理人员是被投诉人。")
TEAM = Text("The handler is in the direct team of whom the complaint is about.", "处理人员与被投诉人同属一个直接团队。")
ABSENT = Text("The handler is absent on this day.", "处理人员当日不在岗。")
SAME = Text("The handler is the one it has already.", "处理人员没有变化。")
BACKUP = Text("The backup cannot be the handler.", "后备人员不得与处理人员相同。")
BACKUP_UNKNOWN = Text(
    "The backup is not known here as a member of staff who is employed.", "所指定的后备人员不是在职员工。"
)
BACKUP_SUBJECT = Text("The complaint is about the backup.", "后备人员是被投诉人。")
BACKUP_TEAM = Text(
    "The backup is in the direct team of whom the complaint is about.", "后备人员与被投诉人同属一个直接团队。"
)
LEVEL_SUBJECT = Text("The complaint is about the next level that is named.", "所指定的上级人员是被投诉人。")
OUTSIDE = Text(
    "The complaint is about the head of the provider: only the outside reviewer whom the policy names decides on it;"
    " where the policy names nobody, or somebody who is employed here now, name another one there.",
    "该投诉涉及供方负责人，只能由处理规则指定的外部复核人作出决定；处理规则未指定或所指定的人员现为在职员工的，请先在其中另行指定。",
)
HEAD_UNKNOWN = Text(
    "The complaint is about who heads a department, and nobody knows whether that is the head of the provider: name in"
    " the policy who heads the provider.",
    "该投诉涉及部门负责人，而供方负责人尚未明确：请先在处理规则中指定供方负责人。",
)
NO_PLAN = Text("A plan or a first note is missing.", "缺少调查计划或首次记录。")
NO_HAND_OVER = Text("Reason and hand-over note are missing.", "缺少改派理由和交接说明。")
UNTOLD = Text("When and how the complainant was told is missing.", "缺少告知投诉人的时间和方式。")
TIME = Text("The contact must lie between receipt and now.", "联系时间须在收到投诉之后且不晚于当前时间。")
NO_EXTENSION = Text("The further working hours and the reason are missing.", "缺少延长的工作小时数和理由。")
OWN_EXTENSION = Text("The handler cannot approve an extension of their own.", "处理人员不得批准自己的延期。")
TOO_MANY = Text("The limit was extended as often as the policy allows.", "延期次数已达上限。")
NO_TARGET = Text("There is no limit to extend.", "没有可延长的时限。")
NO_LEVEL = Text(
    "The next level is not named, or is who handles it already.", "未指定上级人员，或所指定的即为处理人员。"
)


def actor_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: object | None, actor: Who, now: datetime
) -> Objection | None:
    """Nobody takes a step in a complaint about themselves (回避), except whom a waiver made its handler."""
    allowed = "handler_is_subject" in facts.waived and actor.name == person_of(complaint.handler_id)
    same = is_subject(actor, facts.subjects) and not allowed
    return Objection("actor_is_subject", ABOUT_YOU, "8.2") if same else None


def reviewer_is_outside(
    complaint: "Complaint", facts: Facts, *, body: object | None, actor: Who, now: datetime
) -> Objection | None:
    """On a complaint about the head of the provider somebody outside decides, whom the policy names (回避)."""
    if facts.head_unknown:
        return Objection("head_unknown", HEAD_UNKNOWN, "8.2")
    outside = facts.outside_reviewer_id
    other = facts.about_head and (outside is None or actor.name != person_of(outside))
    return Objection("reviewer_not_outside", OUTSIDE, "8.2") if other else None


def has_handler(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A handler is named, who is employed."""
    if body is None:
        return Objection("handler_missing", NOBODY, "8.2-5")
    known = facts.named is not None and facts.named.employed
    return None if known else Objection("handler_unknown", UNKNOWN, "8.2-5")


def handler_is_qualified(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The handler holds a valid training in handling complaints."""
    lacks = facts.named is not None and facts.named.employed and not facts.named.qualified
    return Objection("handler_unqualified", UNQUALIFIED, "5.2") if lacks else None


def handler_is_appointed(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The handler is appointed to the duty, dedicated or not (任命)."""
    lacks = facts.named is not None and facts.named.employed and not facts.named.appointed
    return Objection("handler_unappointed", UNAPPOINTED, "8.2-5") if lacks else None


def handler_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody handles a complaint about themselves (回避)."""
    same = facts.named is not None and facts.named.is_subject
    return Objection("handler_is_subject", SUBJECT, "8.2") if same else None


def handler_is_not_near(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody handles a complaint about their direct team (回避)."""
    near = facts.named is not None and facts.named.in_subjects_team and not facts.named.is_subject
    return Objection("handler_in_subjects_team", TEAM, "8.2") if near else None


def handler_is_there(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The handler is not absent on this day."""
    away = facts.named is not None and facts.named.absent
    return Objection("handler_absent", ABSENT, "8.2-5") if away else None


def backup_is_another(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The backup is somebody else."""
    same = body is not None and body.backup_id == body.handler_id
    return Objection("backup_is_handler", BACKUP, "8.2-5") if same else None


def backup_is_employed(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The backup, where one is named, is employed."""
    gone = facts.backup is not None and not facts.backup.employed
    return Objection("backup_unknown", BACKUP_UNKNOWN, "8.2-5") if gone else None


def backup_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody steps in for a complaint about themselves (回避)."""
    same = facts.backup is not None and facts.backup.is_subject
    return Objection("backup_is_subject", BACKUP_SUBJECT, "8.2") if same else None


def backup_is_not_near(
    complaint: "Complaint", facts: Facts, *, body: "AssignIn | ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody steps in for a complaint about their direct team (回避)."""
    near = facts.backup is not None and facts.backup.in_subjects_team and not facts.backup.is_subject
    return Objection("backup_in_subjects_team", BACKUP_TEAM, "8.2") if near else None


def handler_is_another(
    complaint: "Complaint", facts: Facts, *, body: "ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Another handler takes over."""
    same = body is not None and body.handler_id == complaint.handler_id
    return Objection("handler_unchanged", SAME, "8.2") if same else None


def is_handed_over(
    complaint: "Complaint", facts: Facts, *, body: "ReassignIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The hand-over note says where the case stands."""
    return None if body is not None else Objection("hand_over_missing", NO_HAND_OVER, "8.2-11")


def has_plan(
    complaint: "Complaint", facts: Facts, *, body: "StartIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A plan or a first note is on record."""
    return None if body is not None else Objection("plan_missing", NO_PLAN, "8.2-11")


def is_told(
    complaint: "Complaint", facts: Facts, *, body: "InformIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The contact with the complainant is on record, between receipt and now."""
    if body is None:
        return Objection("contact_not_recorded", UNTOLD, "8.2-11")
    at = body.at or now
    return None if complaint.received_at <= at <= now else Objection("contact_time", TIME, "8.2-11")


def has_extension(
    complaint: "Complaint", facts: Facts, *, body: "ExtendIn | None", actor: Who, now: datetime
) -> Objection | None:
    """How far the limit is extended, and why, is given."""
    return None if body is not None else Objection("extension_missing", NO_EXTENSION, "8.2-9")


def has_limit(
    complaint: "Complaint", facts: Facts, *, body: "ExtendIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There is a limit to decide that can be extended."""
    return None if facts.decide_limit is not None else Objection("no_limit", NO_TARGET, "8.2-9")


def extender_is_not_handler(
    complaint: "Complaint", facts: Facts, *, body: "ExtendIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody else than the handler approves."""
    same = actor.name == person_of(complaint.handler_id)
    return Objection("approver_is_handler", OWN_EXTENSION, "8.2") if same else None


def extends_seldom(
    complaint: "Complaint", facts: Facts, *, body: "ExtendIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It was not extended as often as the policy allows."""
    done = len(facts.of("extend", complaint.round))
    return Objection("extended_too_often", TOO_MANY, "8.2-9") if done >= facts.policy.extensions else None


def extension_is_told(
    complaint: "Complaint", facts: Facts, *, body: "ExtendIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complainant was told of the extension."""
    if body is None:
        return Objection("extension_untold", UNTOLD, "8.2-9")
    at = body.told_at or now
    return None if complaint.received_at <= at <= now else Objection("contact_time", TIME, "8.2-9")


def has_next_level(
    complaint: "Complaint", facts: Facts, *, body: "EscalateIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The next level is named."""
    named = body is not None and body.to_id != complaint.handler_id
    return None if named else Objection("next_level_missing", NO_LEVEL, "8.2")


def next_level_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "EscalateIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody looks into a complaint about themselves (回避)."""
    same = body is not None and body.to_id in facts.subjects
    return Objection("next_level_is_subject", LEVEL_SUBJECT, "8.2") if same else None


def lead_may_be_barred(complaint: "Complaint", facts: Facts, *, actor: Who) -> bool:
    """Whether the lead may be one who cannot decide: whom it is about, or who handled, proposed or refused it.

    Whom a role is given to is known of who acts alone, and of whoever took a step that leads take; above the first
    handler it may be anybody.
    """
    leads = {one.made_by for step in LEADING for one in facts.of(step)}
    leads |= {actor.name} if LEAD in actor.roles else set()
    own = handled_by(facts.records) | {one.made_by for step in OWN for one in facts.of(step)}
    return bool(facts.subjects) or complaint.round > 1 or not own.isdisjoint(leads)


HANDLER = (
    has_handler,
    handler_is_qualified,
    handler_is_appointed,
    handler_is_not_subject,
    handler_is_not_near,
    handler_is_there,
    backup_is_another,
    backup_is_employed,
    backup_is_not_subject,
    backup_is_not_near,
)
INDEPENDENT = (handler_is_not_subject, handler_is_not_near, backup_is_not_subject, backup_is_not_near)
LEADING, OWN = ("assign", "reassign", "refuse"), ("propose", "refuse")
"""Steps that leads take; and steps that make a decision on them one on one's own, beside the handling."""
REASSIGNING = (*HANDLER, handler_is_another, is_handed_over)
ESCALATING = (has_next_level, next_level_is_not_subject)
EXTENDING = (has_extension, has_limit, extender_is_not_handler, extends_seldom, extension_is_told)
