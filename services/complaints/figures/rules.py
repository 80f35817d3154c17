"""What a complaint counts for: its figures, round by round, and the counts that each of them adds to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from chassis.clocks.rules import PAUSED
from chassis.worktime import Calendar, working_time_between
from services.complaints.complaints.rules import DECIDE, FOLLOW_UP, OPEN, Noted, State
from services.complaints.dossiers.rules import kept_of, missing

if TYPE_CHECKING:
    from chassis.clocks.queries import Measured
    from services.complaints.complaints.models import Complaint
    from services.complaints.figures.models import ComplaintFigure

MINUTE = timedelta(minutes=1)
REOPENED_WITHIN = timedelta(days=30)
DECIDING = frozenset({"approve", "resolve_at_once"})
ENDING = frozenset({"close", "final_position"})
ANSWERING = frozenset({"inform", "ask", "refuse", *DECIDING})
"""Steps in which a person tells the complainant something of the matter."""
ACCEPTING = frozenset({"assign", "resolve_at_once"})
ABSENCE = "absence"
REOPENING = frozenset({"reopen", "reopen_by_ruling"})
AGAIN = frozenset({"dissatisfied", *REOPENING})
"""Steps that begin another round, each with a clock of its decision."""
WORST_FIRST = ("not_satisfied", "partly", "satisfied")

DAY, MONTH = "day", "month"
NONE = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What figures are reckoned from: a complaint, its clocks and records in their order, on a calendar."""

    complaint: "Complaint"
    clocks: Sequence["Measured"]
    records: Sequence[Noted]
    calendar: Calendar
    calendar_number: int

    def of(self, steps: Collection[str], round: int | None = None) -> list[Noted]:  # noqa: A002 - its name on the record
        """The records of some steps, of one round if given."""
        return [one for one in self.records if one.step in steps and round in {None, one.round}]

    def day(self, at: datetime | None) -> date | None:
        """The provider's day of an instant."""
        return None if at is None else at.astimezone(ZoneInfo(self.calendar.zone)).date()

    def limits(self, clock: str) -> list["Measured"]:
        """The clocks of a name, by round."""
        return [one for one in self.clocks if one.clock.name == clock]

    @property
    def ended_otherwise_at(self) -> datetime | None:
        """When it ended without a closing: withdrawn, refused, redirected, discarded, merged."""
        complaint = self.complaint
        return None if complaint.state in OPEN or complaint.state == "closed" else complaint.closed_at


def figures_of(past: Past) -> list[dict[str, Any]]:
    """The figures of each round of a complaint, by column."""
    complaint, decided = past.complaint, _decisions(past)
    whole = _of_complaint(past)
    rounds = range(1, complaint.round + 1)
    latest = max((number for number in rounds if number in decided), default=None)
    return [
        whole
        | _of_decision(past, number, decided.get(number))
        | _of_follow_up(past, number, decided.get(number))
        | _of_end(past, number)
        | {
            "round": number,
            "again": number > 1,
            "present": number == complaint.round,
            "latest": number == latest,
            "first_time": number == 1 and number in decided and _at_first(past),
        }
        for number in rounds
    ]


def _of_complaint(past: Past) -> dict[str, Any]:
    complaint = past.complaint
    answers = [one.at for one in past.of(ANSWERING) if one.data.get("awaited") != "third_party"]
    refusals = past.of({"refuse"})
    return {
        "complaint_id": complaint.id,
        "version": complaint.version,
        "channel": complaint.channel,
        "service": complaint.service,
        "customer_id": complaint.customer_id,
        "department_id": complaint.department_id,
        "origin": complaint.origin,
        "calendar": past.calendar_number,
        "open": complaint.state in OPEN,
        "accepted": bool(past.of(ACCEPTING)),
        "received_at": complaint.received_at,
        "received_on": past.day(complaint.received_at),
        "refused_on": past.day(refusals[0].at) if refusals else None,
        "overturned": bool(past.of({"appeal"})),
        "incomplete": bool(missing(kept_of(complaint, past.records))) if complaint.state == State.CLOSED else None,
        **_since_receipt(past, "acknowledged", complaint.acknowledged_at),
        **_since_receipt(past, "responded", min(answers, default=None)),
    }


def _of_decision(past: Past, number: int, decided: "Decided | None") -> dict[str, Any]:
    at = None if decided is None else decided.at
    clock = _clock_of(past, number)
    promised = None if clock is None else _lived_to(past, clock.clock.promised_due_at, at)
    agreed = None if clock is None else _lived_to(past, clock.clock.due_at, at)
    return {
        "decided_at": at,
        "decided_on": past.day(at),
        **_since_receipt(past, "decided", at, without_pauses=True),
        "decision": None if decided is None else decided.decision,
        "cause": None if decided is None else decided.cause,
        "repeated": decided is not None and decided.repeats > 1,
        "promised_due_at": promised,
        "promised_on": past.day(promised),
        "promised_met": _met(at, promised),
        "agreed_due_at": agreed,
        "agreed_on": past.day(agreed),
        "agreed_met": _met(at, agreed),
    }


def _of_follow_up(past: Past, number: int, decided: "Decided | None") -> dict[str, Any]:
    tried = past.of({"record_follow_up"}, number)
    first = min((one.at for one in tried), default=None)
    asked = [one.data["satisfaction"] for one in tried if one.data["satisfaction"] is not None]
    clock = None
    if decided is not None:
        clock = next((one for one in past.limits(FOLLOW_UP.name) if one.clock.started_at >= decided.at), None)
    due = None if clock is None else _lived_to(past, clock.clock.due_at, first)
    return {
        "follow_up_due_at": due,
        "follow_up_on": past.day(due),
        "follow_up_met": _met(first, due),
        "followed_up_at": first,
        "followed_up_on": past.day(first),
        "reached": any(one.data["outcome"] == "reached" for one in tried),
        "satisfaction": min(asked, key=WORST_FIRST.index) if asked else None,
        "returned": bool(past.of({"dissatisfied"}, number + 1)),
    }


def _of_end(past: Past, number: int) -> dict[str, Any]:
    ends, again = past.of(ENDING, number), past.of(REOPENING, number + 1)
    closed_at = ends[-1].at if ends else None
    if closed_at is None and past.complaint.origin == "import" and number == past.complaint.round:
        closed_at = past.complaint.closed_at
    reopened = closed_at is not None and any(one.at <= closed_at + REOPENED_WITHIN for one in again)
    return {
        "closed_on": past.day(closed_at),
        "reopened": reopened,
        "waivers": len(past.of({"waive"}, number)),
    }


class Decided(NamedTuple):
    """The decision of a round."""

    at: datetime
    decision: str | None
    cause: str | None
    repeats: int


def _decisions(past: Past) -> dict[int, Decided]:
    """The decision of each round that has one; an imported case may have one whose steps nobody knows."""
    found, proposed = dict[int, Decided](), dict[int, Noted]()
    for one in past.records:
        if one.step == "propose":
            proposed[one.round] = one
        if one.step in DECIDING:
            said = one.data if one.step == "resolve_at_once" else proposed[one.round].data
            found[one.round] = Decided(one.at, said["decision"], said["cause"], one.data["repeats"])
    complaint = past.complaint
    if not found and complaint.decided_at is not None:
        found[1] = Decided(complaint.decided_at, complaint.decision, complaint.cause, 1)
    return found


def _clock_of(past: Past, number: int) -> "Measured | None":
    """The clock of a round's decision; of the first round's the one that an appeal started anew, if one did."""
    again = len(past.of(AGAIN))
    clocks = past.limits(DECIDE.name)
    first = len(clocks) - again
    if number == 1:
        return clocks[first - 1] if first > 0 else None
    return clocks[first + number - 2] if 0 <= first + number - 2 < len(clocks) else None


def _lived_to(past: Past, due_at: datetime | None, done_at: datetime | None) -> datetime | None:
    """A limit, unless the complaint ended otherwise before it was over and before what it limits was done."""
    ended_at = past.ended_otherwise_at
    gone = due_at is not None and done_at is None and ended_at is not None and ended_at <= due_at
    return None if gone else due_at


def _met(done_at: datetime | None, due_at: datetime | None) -> bool:
    return done_at is not None and due_at is not None and done_at <= due_at


def _at_first(past: Past) -> bool:
    """Whether it was decided without being sent back, reopened, or handed over for anything but an absence."""
    handed = any(one.data["reason"] != ABSENCE for one in past.of({"reassign"}))
    return not handed and not past.of({"send_back"}) and past.complaint.round == 1


def _since_receipt(
    past: Past, name: str, at: datetime | None, *, without_pauses: bool = False
) -> dict[str, int | None]:
    """Whole minutes from receipt, of the clock on the wall and of working time."""
    if at is None or at < past.complaint.received_at:
        return {f"{name}_minutes": None, f"{name}_work": None}
    start = past.complaint.received_at
    minutes, work = at - start, working_time_between(past.calendar, start, at)
    for begins, ends in _pauses(past, at) if without_pauses else ():
        minutes -= ends - begins
        work -= working_time_between(past.calendar, begins, ends)
    return {f"{name}_minutes": minutes // MINUTE, f"{name}_work": work // MINUTE}


def _pauses(past: Past, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The pauses of the decision's clocks before an instant, each of which has its reason."""
    for clock in past.limits(DECIDE.name):
        for one in clock.rows:
            if one.kind == PAUSED and one.started_at < until:
                yield one.started_at, min(one.ended_at or until, until)


class Cell(NamedTuple):
    """What a count is of: a measure within a day or a month, and by what."""

    measure: str
    grain: str
    starts_on: date
    channel: str = NONE
    customer: str = NONE
    service: str = NONE
    cause: str = NONE


MEASURES: Mapping[str, str] = {
    "received": "received_on",
    "imported": "received_on",
    "open": "received_on",
    "decided": "decided_on",
    "repeated": "decided_on",
    "promised": "promised_on",
    "promised_met": "promised_on",
    "agreed": "agreed_on",
    "agreed_met": "agreed_on",
    "follow_up": "follow_up_on",
    "follow_up_met": "follow_up_on",
    "closed": "closed_on",
    "dossiers": "closed_on",
}
"""What is counted, each with the column of its day."""
BY_CAUSE = frozenset({"decided", "repeated"})


def cells(figure: "ComplaintFigure") -> Iterator[Cell]:
    """The counts that a figure adds one to."""
    counted = {
        "received": figure.round == 1,
        "imported": figure.round == 1 and figure.origin == "import",
        "open": figure.present and figure.open,
        "decided": figure.latest,
        "repeated": figure.latest and figure.repeated,
        "promised": not figure.again,
        "promised_met": not figure.again and figure.promised_met,
        "agreed": not figure.again,
        "agreed_met": not figure.again and figure.agreed_met,
        "follow_up": True,
        "follow_up_met": figure.follow_up_met,
        "closed": True,
        "dossiers": figure.present and figure.incomplete is not None,
    }
    for measure, column in MEASURES.items():
        day: date | None = getattr(figure, column)
        if not counted[measure] or day is None:
            continue
        cause = (figure.cause or NONE) if measure in BY_CAUSE else NONE
        customer = NONE if figure.customer_id is None else str(figure.customer_id)
        yield Cell(measure, DAY, day, channel=figure.channel, cause=cause)
        yield Cell(measure, MONTH, day.replace(day=1), customer=customer or "-")
        if measure in BY_CAUSE:
            yield Cell(measure, MONTH, day.replace(day=1), service=figure.service or "-", cause=cause)


def month_after(month: date) -> date:
    """The first day of the month after one's first day."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def working_ages(calendar: Calendar, received: Mapping[date, int], last: date) -> dict[int, int]:
    """How many are how many working days old, from those received on each day: the days after it until `last`."""
    ages: dict[int, int] = {}
    if not received:
        return ages
    day, age = max(last, *received), 0
    first = min(received)
    while day >= first:
        if day in received:
            ages[age] = ages.get(age, 0) + received[day]
        age += day <= last and calendar.is_working_day(day)
        day -= timedelta(days=1)
    return ages
