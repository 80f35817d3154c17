"""The life of a place where a channel is published: states, steps and guards, and when it is to be looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chassis.actors import Who
from chassis.clocks.rules import ClockRule, Rung
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text
from contracts.publications import PublishedItem, RemovalCause

if TYPE_CHECKING:
    from services.complaints.publications.models import Publication
    from services.complaints.publications.schemas import CheckPublicationIn, CreatePublicationIn, RemovePublicationIn


class State(StrEnum):
    """States of a place."""

    LISTED = "listed"
    REMOVED = "removed"


STATES = {State.LISTED: Text("listed", "公布中"), State.REMOVED: Text("removed", "已移除")}

PROOF: Final = "proof"
"""What files of a place are for: they show what stood there, as a screenshot or a photograph does."""

ENTERED_IN_ERROR: Final[RemovalCause] = "entered_in_error"
"""Why a place is removed that never was one."""

EVERY: Final = timedelta(days=90)
"""A place is to be looked at again within so much of the last look that found it as published."""
FIRST: Final = timedelta(days=10)
"""A place where another version is to stand, or that is new, is to be looked at within so much."""
PROOF_AGE: Final = timedelta(days=1)
"""A proof shows the place no longer than so much before somebody looked."""

HANDLER, LEAD = "complaint_handler", "complaint_lead"

CHECKING = TaskKind(
    "check_publication",
    "publication",
    Text("Check a place where channel {channel} is published", "核查渠道 {channel} 的一处公布位置"),
    Text(
        "A place where channel {channel} is published is not checked: {percent} % of the time has passed",
        "渠道 {channel} 的一处公布位置尚未核查：时限已过 {percent}%",
    ),
    clause="8.2",
)
CORRECTING = TaskKind(
    "correct_publication",
    "publication",
    Text(
        "Have channel {channel} published as it holds: a check found something missing or different",
        "更正渠道 {channel} 的公布内容：核查发现有缺失或不符",
    ),
    Text(
        "Channel {channel} is not published as it holds: {percent} % of the time has passed",
        "渠道 {channel} 的公布内容尚未更正：时限已过 {percent}%",
    ),
    clause="8.2",
)
CHECK = ClockRule("publication", "check", CHECKING, (Rung(80, HANDLER), Rung(100, LEAD)))
"""The ladder of the time until the next check."""

ITEMS: dict[PublishedItem, tuple[str, Text]] = {
    "telephone": ("8.2-6", Text("Say what was found of the telephone number.", "请说明投诉电话的核查结果。")),
    "web_address": ("8.2-7", Text("Say what was found of the online address.", "请说明网上投诉地址的核查结果。")),
    "procedure": ("8.2-8", Text("Say what was found of the procedure.", "请说明受理程序的核查结果。")),
    "limits": ("8.2-9", Text("Say what was found of the time limits.", "请说明处理时限的核查结果。")),
}
"""What is to stand at a place, with the requirement that asks for it, and how it is asked for."""

RETIRED = Text("The channel is retired: nothing is to be published of it.", "该渠道已停用，无须公布。")
IN_FUTURE = Text("It cannot have been in the future.", "该时间不得晚于当前时间。")
BEFORE_LISTING = Text("It cannot have been before the place was listed.", "该时间不得早于登记该位置的时间。")
NOTHING_HELD = Text(
    "No version of the channel held then: there was nothing to be published.",
    "当时该渠道没有有效的版本，无内容可公布。",
)
PROOF_MISSING = Text(
    "Add a screenshot or photograph to the place, and name it as the proof.",
    "请先为该位置上传截图或照片，并将其指定为证明。",
)
PROOF_UNKNOWN = Text("The place has no such file.", "该位置没有此文件。")
PROOF_USED = Text("The file proves another check; add a new one.", "该文件已用于另一次核查，请上传新的证明。")
PROOF_OLD = Text(
    "The file shows the place more than a day before somebody looked.", "该文件所反映的时间早于核查时间一天以上。"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the guards of create know: whether the channel is retired."""

    retired: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What the guards know of a file that is to prove a check: when it shows the place, and whether it is used."""

    shown_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards of later steps know beside the record: the version that held when somebody looked, the proof."""

    version: int | None
    proof: Proof | None = None


def looked_at_within(
    listed_at: datetime, valid_from: datetime, last_good_check_at: datetime | None
) -> tuple[datetime, datetime]:
    """From when and until when somebody is to look at a place against the version that holds since `valid_from`.

    Within 90 days of the last look that found this version as published (8.2-6 to 8.2-9); within 10 days of when the
    version and the place came to be, where none has found it yet.
    """
    if last_good_check_at is not None:
        return last_good_check_at, last_good_check_at + EVERY
    begins_at = max(listed_at, valid_from)
    return begins_at, begins_at + FIRST


def channel_in_use(
    publication: None, facts: Listing, *, body: "CreatePublicationIn", actor: Who, now: datetime
) -> Objection | None:
    """The channel is not retired."""
    return Objection("channel_retired", RETIRED, "8.2") if facts.retired else None


def listed_by_now(
    publication: None, facts: Listing, *, body: "CreatePublicationIn", actor: Who, now: datetime
) -> Objection | None:
    """It is published there already."""
    late = body.listed_at is not None and body.listed_at > now
    return Objection("in_future", IN_FUTURE, "8.2") if late else None


def happened_by_now(
    publication: "Publication",
    facts: Facts,
    *,
    body: "CheckPublicationIn | RemovePublicationIn | None",
    actor: Who,
    now: datetime,
) -> Objection | None:
    """What is told has happened."""
    late = body is not None and body.at is not None and body.at > now
    return Objection("in_future", IN_FUTURE, "8.2") if late else None


def happened_since_listing(
    publication: "Publication",
    facts: Facts,
    *,
    body: "CheckPublicationIn | RemovePublicationIn | None",
    actor: Who,
    now: datetime,
) -> Objection | None:
    """What is told happened while the place was listed."""
    early = body is not None and (body.at or now) < publication.listed_at
    return Objection("before_listing", BEFORE_LISTING, "8.2") if early else None


def version_held(
    publication: "Publication", facts: Facts, *, body: "CheckPublicationIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There was a version that could be held against the place."""
    return Objection("nothing_held", NOTHING_HELD, "8.2") if facts.version is None else None


def telephone_looked_at(
    publication: "Publication", facts: Facts, *, body: "CheckPublicationIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is said what was found of the telephone number."""
    return _missing(body, "telephone")


def web_address_looked_at(
    publication: "Publication", facts: Facts, *, body: "CheckPublicationIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is said what was found of the online address."""
    return _missing(body, "web_address")


def procedure_looked_at(
    publication: "Publication", facts: Facts, *, body: "CheckPublicationIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is said what was found of the procedure."""
    return _missing(body, "procedure")


def limits_looked_at(
    publication: "Publication", facts: Facts, *, body: "CheckPublicationIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is said what was found of the time limits."""
    return _missing(body, "limits")


def has_proof(
    publication: "Publication", facts: Facts, *, body: "CheckPublicationIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A file of the place shows what was found, as it was then, and proves no other check."""
    if body is None or body.proof is None:
        return Objection("proof_missing", PROOF_MISSING, "8.2")
    if facts.proof is None:
        return Objection("proof_unknown", PROOF_UNKNOWN, "8.2")
    if facts.proof.used:
        return Objection("proof_used", PROOF_USED, "8.2")
    old = facts.proof.shown_at + PROOF_AGE < (body.at or now)
    return Objection("proof_old", PROOF_OLD, "8.2") if old else None


def _missing(body: "CheckPublicationIn | None", item: PublishedItem) -> Objection | None:
    if body is None or getattr(body.found, item) is None:
        clause, asked = ITEMS[item]
        return Objection(f"{item}_not_looked_at", asked, clause)
    return None


LIFECYCLE: "Lifecycle[Publication]" = Lifecycle(
    STATES,
    create=Step(
        (),
        State.LISTED,
        permission="complaints.publication.create",
        guards=(channel_in_use, listed_by_now),
        clause="8.2",
    ),
    check=Step(
        {State.LISTED},
        None,
        permission="complaints.publication.check",
        guards=(
            telephone_looked_at,
            web_address_looked_at,
            procedure_looked_at,
            limits_looked_at,
            happened_by_now,
            happened_since_listing,
            version_held,
            has_proof,
        ),
        clause="8.2",
    ),
    remove=Step(
        {State.LISTED},
        State.REMOVED,
        permission="complaints.publication.remove",
        guards=(happened_by_now, happened_since_listing),
        clause="8.2",
    ),
)
