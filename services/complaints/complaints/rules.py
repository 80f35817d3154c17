"""The life of a complaint: states, steps and guards (clause 8.2; steps of ISO 10002)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, get_args
from uuid import UUID

from chassis.actors import Who
from chassis.clocks.rules import ClockRule, Rung
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text
from contracts.complaints import AttachmentPurpose, Level, Priority

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.complaints.schemas import AcknowledgeIn, PublicReceiveIn, ReceiveIn
    from services.complaints.imports.schemas import Case


class State(StrEnum):
    """States of a complaint."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ARCHIVED = "archived"


STATES = {
    State.RECEIVED: Text("registered", "已登记"),
    State.ACKNOWLEDGED: Text("acknowledged", "已告知收悉"),
    State.ARCHIVED: Text("archived", "历史归档"),
}
ENDED: frozenset[State] = frozenset({State.ARCHIVED})
"""States in which nothing is done any more; personal data are kept for so long from then on."""

NEXT_STEPS = {
    State.RECEIVED: Text("We will tell you that your complaint has arrived.", "我们将告知您投诉已收悉。"),
    State.ACKNOWLEDGED: Text("We will assess your complaint.", "我们将评估您的投诉。"),
    State.ARCHIVED: Text("The case is closed.", "该投诉已结案。"),
}
"""What the complainant is told comes next, by state."""

RECEIPT = "receipt"
"""The contact of an anonymous complainant, who is told by the receipt that is shown or handed over."""

PURPOSES: tuple[str, ...] = get_args(AttachmentPurpose)
"""What files of a complaint are for; `recording` is one of a call at intake or afterwards."""

EVIDENCE: AttachmentPurpose = "evidence"
MOST_PUBLIC_FILES = 5
"""Files that one who holds the receipt may send."""

LIVE = frozenset({"telephone", "visit"})
"""Contacts in which both sides speak, so that an acknowledgement can be told in the same breath."""

HANDLER = "complaint_handler"
LEVELS = (
    Rung(50, HANDLER),
    Rung(75, HANDLER),
    Rung(100, "complaint_lead"),
    Rung(150, "management"),
)
"""Who is told when so much of a limit has passed: at first those who handle complaints, then those above them."""

ACKNOWLEDGING = TaskKind(
    "acknowledge_complaint",
    "complaint",
    Text("Acknowledge complaint {receipt_number}", "告知投诉人：投诉 {receipt_number} 已收悉"),
    Text(
        "Complaint {receipt_number} is not acknowledged: {percent} % of the time has passed",
        "投诉 {receipt_number} 尚未告知收悉：时限已过 {percent}%",
    ),
    clause="8.2",
)
DECIDING = TaskKind(
    "decide_complaint",
    "complaint",
    Text("Decide on complaint {receipt_number}", "办结投诉 {receipt_number}"),
    Text(
        "Complaint {receipt_number} is not decided: {percent} % of the time has passed",
        "投诉 {receipt_number} 尚未办结：时限已过 {percent}%",
    ),
    clause="8.2",
)
ACKNOWLEDGE = ClockRule("complaint", "acknowledge", ACKNOWLEDGING, LEVELS)
DECIDE = ClockRule("complaint", "decide", DECIDING, LEVELS)
CLOCKS = (ACKNOWLEDGE, DECIDE)
"""The clocks of a complaint; each has the limit that the channel promised under its name, in working hours."""

# Impact and urgency give the priority, as the incident matrix of ITIL does it; ours has four levels.
PRIORITIES: dict[tuple[Level, Level], Priority] = {
    ("high", "high"): "critical",
    ("high", "medium"): "high",
    ("medium", "high"): "high",
    ("high", "low"): "moderate",
    ("medium", "medium"): "moderate",
    ("low", "high"): "moderate",
    ("medium", "low"): "low",
    ("low", "medium"): "low",
    ("low", "low"): "low",
}
"""(impact, urgency) → priority, where none is given."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the guards of receive know: whether the channel takes complaints without a name."""

    anonymous_allowed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards of later steps know beside the record: whether limits were promised."""

    limits_promised: bool


SEE_PERSONS = "complaints.person.read"


def is_subject(actor: Who, subjects: Collection[UUID | None]) -> bool:
    """Whether this is a member of staff whom the complaint is about (回避)."""
    return actor.name in {f"person:{subject}" for subject in subjects if subject}


def sees_persons(actor: Who, subjects: Collection[UUID | None]) -> bool:
    """Whether persons are shown to this reader as they are: never to the member of staff whom a complaint is about."""
    return actor.may(SEE_PERSONS) and not is_subject(actor, subjects)


CONTACT_MISSING = Text(
    "Somebody must be reachable by telephone, e-mail or post, or the complaint be anonymous.",
    "须留有联系方式（电话、电子邮件或通信地址），或以匿名方式投诉。",
)
ANONYMOUS_REFUSED = Text("This channel takes no anonymous complaints.", "该渠道不受理匿名投诉。")
NOT_ANONYMOUS = Text(
    "An anonymous complaint tells neither name nor contact of those who complain.",
    "匿名投诉不得填写投诉人的姓名或联系方式。",
)
WORDS_MISSING = Text("What the complaint is about is missing.", "缺少投诉内容。")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
TOO_EARLY = Text("A complaint cannot have been received before 1970.", "收到时间不得早于 1970 年。")
IN_FUTURE = Text("A complaint cannot have been received in the future.", "收到时间不得晚于当前时间。")
TIMES_OUT_OF_ORDER = Text(
    "Receipt, acknowledgement, decision and closing must follow each other, and none lie in the future.",
    "收到、告知、答复、结案的时间须先后相继，且不得晚于当前时间。",
)
STILL_OPEN_BUT_ENDED = Text("An open case has no time of closing.", "未结案的投诉不得有结案时间。")
NOT_TOLD_WHEN = Text(
    "An acknowledged case has the time at which the complainant was told, and one that is not has none.",
    "已告知收悉的投诉须有告知时间，未告知的不得有告知时间。",
)
NO_CONTACT = Text("No contact with the complainant is recorded.", "尚未记录与投诉人的联系。")
CONTACT_TIME = Text("The contact must lie between receipt and now.", "联系时间须在收到投诉之后且不晚于当前时间。")
TEMPLATE_MISSING = Text("Name the template that was sent, with its version.", "请注明所用告知模板及其版本。")
RECEIPT_ALONE = Text(
    "Showing the receipt is enough for an anonymous complainant only.", "仅匿名投诉人可以出示回执代替告知。"
)
LIMITS_UNTOLD = Text("The time limits were not told.", "未告知处理时限。")
NUMBER_UNTOLD = Text("The receipt number was not told.", "未告知受理编号。")


def contact_or_anonymous(
    complaint: None, facts: Intake, *, body: "ReceiveIn | PublicReceiveIn | Case", actor: Who, now: datetime
) -> Objection | None:
    """Somebody can be reached, or the complaint is anonymous."""
    reachable = any(party.reachable for party in body.parties if party.role != "subject")
    return None if reachable or body.anonymous else Objection("contact_missing", CONTACT_MISSING, "8.2")


def anonymous_is_allowed(
    complaint: None, facts: Intake, *, body: "ReceiveIn | PublicReceiveIn", actor: Who, now: datetime
) -> Objection | None:
    """The channel takes anonymous complaints, if this is one."""
    refused = body.anonymous and not facts.anonymous_allowed
    return Objection("anonymous_not_allowed", ANONYMOUS_REFUSED, "8.2") if refused else None


def anonymous_names_nobody(
    complaint: None, facts: Intake, *, body: "ReceiveIn | PublicReceiveIn | Case", actor: Who, now: datetime
) -> Objection | None:
    """Nobody who complains is named or reachable in an anonymous complaint; whom it is about may be named."""
    named = body.anonymous and any(party.named for party in body.parties if party.role != "subject")
    return Objection("anonymous_but_named", NOT_ANONYMOUS, "8.2") if named else None


def has_words(
    complaint: None, facts: Intake, *, body: "ReceiveIn | PublicReceiveIn | Case", actor: Who, now: datetime
) -> Objection | None:
    """The complaint says something."""
    return None if body.words else Objection("words_missing", WORDS_MISSING, "8.2")


def received_by_now(
    complaint: None, facts: Intake, *, body: "ReceiveIn | PublicReceiveIn | Case", actor: Who, now: datetime
) -> Objection | None:
    """It was not received in the future."""
    late = body.received_at is not None and body.received_at > now
    return Objection("received_in_future", IN_FUTURE, "8.2") if late else None


def received_since_1970(
    complaint: None, facts: Intake, *, body: "ReceiveIn | PublicReceiveIn | Case", actor: Who, now: datetime
) -> Objection | None:
    """The year of receipt has no slip of the pen."""
    ancient = body.received_at is not None and body.received_at < EARLIEST
    return Objection("received_too_early", TOO_EARLY, "8.2") if ancient else None


def times_in_order(complaint: None, facts: Intake, *, body: "Case", actor: Who, now: datetime) -> Objection | None:
    """The times that a past case brings along follow each other, up to now."""
    ends = (body.decided_at, body.closed_at, now)
    ways = [(body.received_at, *ends), (body.received_at, body.acknowledged_at, body.closed_at, now)]
    known = [[at for at in way if at is not None] for way in ways]
    return None if all(way == sorted(way) for way in known) else Objection("times_order", TIMES_OUT_OF_ORDER, "8.2")


def is_open(complaint: None, facts: Intake, *, body: "Case", actor: Who, now: datetime) -> Objection | None:
    """A case that goes on here was not closed there."""
    return None if body.closed_at is None else Objection("open_but_closed", STILL_OPEN_BUT_ENDED, "8.2")


def told_when_acknowledged(
    complaint: None, facts: Intake, *, body: "Case", actor: Who, now: datetime
) -> Objection | None:
    """The time at which the complainant was told fits the state."""
    fits = (body.acknowledged_at is not None) == (body.state == State.ACKNOWLEDGED.value)
    return None if fits else Objection("acknowledged_at_or_not", NOT_TOLD_WHEN, "8.2")


def contact_recorded(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A contact with the complainant is recorded, between receipt and now."""
    if body is None:
        return Objection("contact_not_recorded", NO_CONTACT, "8.2")
    at = body.at or now
    return None if complaint.received_at <= at <= now else Objection("contact_time", CONTACT_TIME, "8.2")


def template_named(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A written contact names the template that was sent."""
    missing = body is not None and body.method not in {*LIVE, RECEIPT} and body.template is None
    return Objection("template_missing", TEMPLATE_MISSING, "8.2") if missing else None


def receipt_shown_to_anonymous(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Only one who is anonymous is told by the receipt alone."""
    refused = body is not None and body.method == RECEIPT and not complaint.anonymous
    return Objection("receipt_not_enough", RECEIPT_ALONE, "8.2") if refused else None


def limits_told(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """In a live contact the promised limits were told, where any were promised."""
    untold = body is not None and body.method in LIVE and facts.limits_promised and not body.told_limits
    return Objection("limits_not_told", LIMITS_UNTOLD, "8.2-9") if untold else None


def receipt_number_told(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """In a live contact the receipt number was told."""
    untold = body is not None and body.method in LIVE and not body.told_receipt_number
    return Objection("receipt_number_not_told", NUMBER_UNTOLD, "8.2") if untold else None


PAST = (anonymous_names_nobody, received_by_now, received_since_1970, times_in_order)
GOING_ON = (*PAST, contact_or_anonymous, has_words, is_open, told_when_acknowledged)

LIFECYCLE: "Lifecycle[Complaint]" = Lifecycle(
    STATES,
    receive=Step(
        (),
        State.RECEIVED,
        permission="complaints.complaint.receive",
        guards=(
            contact_or_anonymous,
            anonymous_is_allowed,
            anonymous_names_nobody,
            has_words,
            received_by_now,
            received_since_1970,
        ),
        clause="8.2",
    ),
    archive=Step((), State.ARCHIVED, permission="complaints.complaint.import", guards=PAST, clause="8.2"),
    take_over=Step((), State.RECEIVED, permission="complaints.complaint.import", guards=GOING_ON, clause="8.2"),
    take_over_acknowledged=Step(
        (), State.ACKNOWLEDGED, permission="complaints.complaint.import", guards=GOING_ON, clause="8.2"
    ),
    acknowledge=Step(
        {State.RECEIVED},
        State.ACKNOWLEDGED,
        permission="complaints.complaint.acknowledge",
        guards=(contact_recorded, template_named, receipt_shown_to_anonymous, limits_told, receipt_number_told),
        clause="8.2",
    ),
)
