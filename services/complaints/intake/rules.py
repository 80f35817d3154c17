"""What must be there for a complaint to be registered, or a past case to be brought in."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import Intake, State

if TYPE_CHECKING:
    from services.complaints.complaints.schemas import PublicReceiveIn, ReceiveIn
    from services.complaints.imports.schemas import Case

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
    """The complaint says something, in words or in a recording."""
    return None if body.words or facts.recorded else Objection("words_missing", WORDS_MISSING, "8.2")


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


RECEIVING = (
    contact_or_anonymous,
    anonymous_is_allowed,
    anonymous_names_nobody,
    has_words,
    received_by_now,
    received_since_1970,
)
PAST = (anonymous_names_nobody, received_by_now, received_since_1970, times_in_order)
GOING_ON = (*PAST, contact_or_anonymous, has_words, is_open, told_when_acknowledged)
