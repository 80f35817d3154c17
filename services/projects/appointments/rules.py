"""The life of an appointment: states, steps and guards, and how much of a person's time is taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text
from contracts.projects import BY_MISTAKE, COMPLAINT_HANDLING

if TYPE_CHECKING:
    from services.projects.appointments.models import Appointment
    from services.projects.appointments.schemas import AppointIn

WHOLE = 100
TERM_OVER = "term_over"
"""The cause of an end that was agreed from the beginning."""


class State(StrEnum):
    """States of an appointment."""

    IN_FORCE = "in_force"
    ENDED = "ended"


STATES = {State.IN_FORCE: Text("in force", "有效"), State.ENDED: Text("ended", "已终止")}


class Share(NamedTuple):
    """A percentage of a person's time, from a day to another, both included, or without an end."""

    begins_on: date
    ends_on: date | None
    percent: int


class Ending(NamedTuple):
    """The last day of an appointment that is ended, and why."""

    ended_on: date
    cause: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: whether the person works here, and their dedicated duties' shares."""

    today: date
    employed: bool = False
    taken: Sequence[Share] = ()


NOT_EMPLOYED = Text("Only an employed member of staff is appointed.", "仅可任命在职员工。")
DOCUMENT_MISSING = Text("Name the document by which the appointment is made.", "请注明任命文件。")
OUT_OF_ORDER = Text("An appointment ends on its first day or later.", "任命的结束日期不得早于开始日期。")
OVER = Text("The term is over already.", "任期已届满。")
TOO_MUCH = Text(
    "With it the person's dedicated duties would take {percent} % of their time.",
    "加上该任命后，该员工的专职职责将占其工作时间的 {percent}%。",
)
ONESELF = Text("Nobody appoints themselves.", "不得任命本人。")
END_IN_FUTURE = Text("It is ended on a day that has come.", "终止日期不得晚于今天。")
END_TOO_EARLY = Text(
    "It cannot end before it began; what never was true is ended as entered by mistake.",
    "终止日期不得早于开始日期；误录的任命请按误录终止。",
)
END_TOO_LATE = Text("Its term was over before.", "任期在该日期之前已届满。")


def covers(share: Share, day: date) -> bool:
    """Whether a share takes of a day."""
    return share.begins_on <= day and (share.ends_on is None or day <= share.ends_on)


def peak(share: Share, taken: Iterable[Share]) -> int:
    """The most that a share and others add up to on one of its days.

    The sum only rises where something begins, so the first day and the beginnings after it are enough.
    """
    others = tuple(taken)
    days = {share.begins_on, *(one.begins_on for one in others if covers(share, one.begins_on))}
    return share.percent + max(sum(one.percent for one in others if covers(one, day)) for day in days)


def is_employed(appointment: None, facts: Facts, *, body: "AppointIn", actor: Who, now: datetime) -> Objection | None:
    """Whoever is appointed works for the provider."""
    return None if facts.employed else Objection("not_employed", NOT_EMPLOYED, "6.1")


def is_not_oneself(
    appointment: None, facts: Facts, *, body: "AppointIn", actor: Who, now: datetime
) -> Objection | None:
    """Somebody else appoints."""
    return Objection("oneself", ONESELF, "6.1") if actor.name == f"person:{body.account_id}" else None


def has_document(appointment: None, facts: Facts, *, body: "AppointIn", actor: Who, now: datetime) -> Objection | None:
    """It is made in writing."""
    if body.document is not None:
        return None
    clause = "8.2-5" if body.duty == COMPLAINT_HANDLING else "6.1"
    return Objection("document_missing", DOCUMENT_MISSING, clause)


def in_order(appointment: None, facts: Facts, *, body: "AppointIn", actor: Who, now: datetime) -> Objection | None:
    """It begins before it ends, and is not over before it is made."""
    if body.ends_on is None:
        return None
    if body.ends_on < body.begins_on:
        return Objection("out_of_order", OUT_OF_ORDER, "6.1")
    return Objection("term_over", OVER, "6.1") if body.ends_on < facts.today else None


def within_whole(appointment: None, facts: Facts, *, body: "AppointIn", actor: Who, now: datetime) -> Objection | None:
    """Dedicated duties never take more than all of a person's time."""
    if not body.dedicated:
        return None
    percent = peak(Share(body.begins_on, body.ends_on, body.share), facts.taken)
    return Objection("share_too_big", TOO_MUCH.filled(percent=percent), "6.1") if percent > WHOLE else None


def ends_within_its_term(
    appointment: "Appointment", facts: Facts, *, body: Ending | None, actor: Who, now: datetime
) -> Objection | None:
    """It ends on one of its days, up to now; one that was entered by mistake has none."""
    if body is None or body.cause == BY_MISTAKE:
        return None
    if body.ended_on > facts.today:
        return Objection("end_in_future", END_IN_FUTURE, "6.1")
    if body.ended_on < appointment.begins_on:
        return Objection("end_too_early", END_TOO_EARLY, "6.1")
    late = appointment.ends_on is not None and body.ended_on > appointment.ends_on
    return Objection("end_too_late", END_TOO_LATE, "6.1") if late else None


LIFECYCLE: "Lifecycle[Appointment]" = Lifecycle(
    STATES,
    appoint=Step(
        (),
        State.IN_FORCE,
        permission="projects.appointment.make",
        guards=(is_employed, is_not_oneself, has_document, in_order, within_whole),
        clause="6.1",
    ),
    end=Step(
        {State.IN_FORCE},
        State.ENDED,
        permission="projects.appointment.end",
        guards=(ends_within_its_term,),
        clause="6.1",
    ),
)
