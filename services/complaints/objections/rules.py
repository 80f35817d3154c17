"""What must be there to object to a refusal or to an outcome, and to answer an objection (提出异议)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.assessments.rules import APPEALED, is_heard
from services.complaints.complaints.rules import Facts, State, handled_by
from services.complaints.follow_ups.rules import names_a_party

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.objections.schemas import AnswerObjectionIn, ObjectIn

NO_OBJECTION = Text("The words of the objection are missing.", "缺少异议内容。")
TIME = Text("The objection must lie between the outcome and now.", "异议时间须在得出结果之后且不晚于当前时间。")
TOO_LATE = Text("The time for an objection is over.", "提出异议的期限已过。")
WAITS = Text("An objection was lodged before, and waits for its answer.", "此前提出的异议尚待答复。")
NO_ANSWER = Text("What the complainant is told is missing.", "缺少对投诉人的答复内容。")
NONE_WAITS = Text("There is no such objection that waits for its answer.", "没有待答复的该项异议。")
OWN_CASE = Text(
    "Whoever handled the complaint or approved its decision cannot decide that it stays closed.",
    "处理人员和处理决定的审批人不得决定驳回对本投诉结果的异议。",
)


def has_objection(
    complaint: "Complaint", facts: Facts, *, body: "ObjectIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What the complainant objects to is on record, between the outcome and now."""
    if body is None:
        return Objection("objection_missing", NO_OBJECTION, "8.2")
    ended, came = complaint.closed_at, body.at or now
    follows = ended is None or ended <= came
    return None if follows and came <= now else Objection("objection_time", TIME, "8.2")


def objects_in_time(
    complaint: "Complaint", facts: Facts, *, body: "ObjectIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It came within the time that the complainant was told."""
    until, came = objection_until(complaint, facts), now if body is None else body.at or now
    late = until is not None and came > until
    return Objection("objection_too_late", TOO_LATE, "8.2") if late else None


def objects_once(
    complaint: "Complaint", facts: Facts, *, body: "ObjectIn | None", actor: Who, now: datetime
) -> Objection | None:
    """None of the same party waits."""
    party = (None if body is None else body.party_id) or next(iter(facts.complaining), None)
    return Objection("objection_waits", WAITS, "8.2") if party in facts.waiting else None


def appeal_is_left(
    complaint: "Complaint", facts: Facts, *, body: "ObjectIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Against a refusal there is one internal appeal."""
    used = complaint.state == State.REFUSED and is_heard(facts)
    return Objection("appealed_before", APPEALED, "8.2") if used else None


def has_answer(
    complaint: "Complaint", facts: Facts, *, body: "AnswerObjectionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What the complainant is told is given."""
    return None if body is not None else Objection("answer_missing", NO_ANSWER, "8.2-11")


def objection_waits(
    complaint: "Complaint", facts: Facts, *, body: "AnswerObjectionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There is such an objection, and nobody has answered it."""
    asked = None if body is None else body.party_id
    found = facts.waiting if asked is None else asked in facts.waiting
    return None if found else Objection("objection_unknown", NONE_WAITS, "8.2")


def answerer_is_not_handler(
    complaint: "Complaint", facts: Facts, *, body: "AnswerObjectionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody else than who handled it, and than who decided on it last, decides that it stays closed."""
    approved = facts.last("approve")
    same = actor.name in handled_by(facts.records) | ({approved.made_by} if approved else set())
    return Objection("answerer_is_handler", OWN_CASE, "8.2") if same else None


def objection_until(complaint: "Complaint", facts: Facts) -> datetime | None:
    """Until when a complainant can object: `appeal_days` after a refusal, `reopen_days` after a closing.

    None at any other time, and once the only appeal against a refusal was decided on.
    """
    if complaint.state == State.REFUSED and is_heard(facts):
        return None
    days = {State.REFUSED: facts.policy.appeal_days, State.CLOSED: facts.policy.reopen_days}.get(State(complaint.state))
    ended = complaint.closed_at
    return None if days is None or ended is None else ended + timedelta(days=days)


OBJECTING = (has_objection, names_a_party, objects_in_time, objects_once, appeal_is_left)
ANSWERING = (has_answer, objection_waits, answerer_is_not_handler)
