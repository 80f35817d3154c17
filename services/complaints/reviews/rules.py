"""The life of a yearly review: states, steps and guards (clause 8.2-3)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text

if TYPE_CHECKING:
    from services.complaints.reviews.models import Review
    from services.complaints.reviews.schemas import ConcludeIn

LAST_DAY = (3, 31)
"""Month and day by which the review of the year before is concluded."""
REVIEWING = TaskKind(
    "review_complaints",
    "review",
    Text("Review the complaints of {year}", "评审 {year} 年度投诉"),
    Text("The review of the complaints of {year} waits", "{year} 年度投诉评审尚未完成"),
    "8.2-3",
)
NO_CONCLUSION = Text("What is concluded is missing.", "缺少评审结论。")
NO_VERSION = Text(
    "The new version of a channel, published after the year had begun, is not named.",
    "未指明该年度开始后公布的渠道新版本。",
)
VERSION_KEPT = Text("Where all is kept no version of a channel is named.", "维持现状的，不得指明渠道版本。")
NO_REGISTER = Text("The register of the year is not closed.", "该年度台账尚未封账。")


class State(StrEnum):
    """States of a review."""

    DUE = "due"
    IN_REVIEW = "in_review"
    CONCLUDED = "concluded"


STATES = {
    State.DUE: Text("due", "待评审"),
    State.IN_REVIEW: Text("in review", "评审中"),
    State.CONCLUDED: Text("concluded", "已作出结论"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know: whether the year's register is closed, and whether the version that is named followed."""

    register_closed: bool
    version_followed: bool = False


def has_conclusion(
    review: "Review", facts: Facts, *, body: "ConcludeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What follows from the year is said."""
    return None if body is not None else Objection("conclusion_missing", NO_CONCLUSION, "8.2-3")


def names_what_changed(
    review: "Review", facts: Facts, *, body: "ConcludeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A new version is one that was published; where all is kept there is none."""
    if body is None:
        return None
    if body.outcome == "new_version":
        return None if facts.version_followed else Objection("version_missing", NO_VERSION, "8.2-3")
    named = body.channel_id is not None or body.channel_version is not None
    return Objection("version_though_kept", VERSION_KEPT, "8.2-3") if named else None


def register_is_closed(
    review: "Review", facts: Facts, *, body: "ConcludeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What is concluded rests on a year that does not change any more."""
    return None if facts.register_closed else Objection("register_not_closed", NO_REGISTER, "8.2-3")


LIFECYCLE: "Lifecycle[Review]" = Lifecycle(
    STATES,
    begin=Step({State.DUE}, State.IN_REVIEW, permission="complaints.review.begin", clause="8.2-3"),
    conclude=Step(
        {State.IN_REVIEW},
        State.CONCLUDED,
        permission="complaints.review.conclude",
        guards=(has_conclusion, names_what_changed, register_is_closed),
        clause="8.2-3",
    ),
)


def due_in(zone: str, year: int) -> datetime:
    """The instant by which the review of a year is concluded: the end of 31 March of the next, in UTC."""
    return datetime(year + 1, *LAST_DAY, 23, 59, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_overdue(state: str, due_at: datetime, now: datetime) -> bool:
    """Whether nothing was concluded in time, so far."""
    return state != State.CONCLUDED and due_at < now
