"""What a clock is, and its arithmetic: intervals that run or pause, measured on one version of a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol

from chassis.tasks.rules import TaskKind
from chassis.worktime import Calendar, NoWorkingTimeError, add_working_time, working_time_between

IntervalKind = Literal["running", "paused"]
RUNNING: Final = "running"
PAUSED: Final = "paused"
STOPPED: Final = "stopped"


class Rung(NamedTuple):
    """A step of a ladder: at `percent` of the limit, people of this role get a task."""

    percent: int
    role: str


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A clock as a slice names it: on which kind of record, and its ladder, by rising percent.

    `task` is what is to be done before the limit is over; each rung gives it to one level more.
    """

    record: str
    name: str
    task: TaskKind
    ladder: tuple[Rung, ...]

    @property
    def timer(self) -> str:
        """The name under which the service's timers know the clock."""
        return f"{self.record}.{self.name}"

    def after(self, percent: int) -> Rung | None:
        """The next rung above a percentage; None at the top."""
        return next((rung for rung in self.ladder if rung.percent > percent), None)


class Interval(NamedTuple):
    """A stretch of a clock's life, a pause with its reason's code; the one that has not ended is the present one."""

    kind: IntervalKind
    started_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None


class Stretch(Protocol):
    """An interval as reckoning looks at it: an Interval, or its row."""

    @property
    def kind(self) -> str:
        """Whether the clock runs or pauses."""

    @property
    def started_at(self) -> datetime:
        """Its beginning."""

    @property
    def ended_at(self) -> datetime | None:
        """Its end; None of the present one."""


class ClockBackwardsError(ValueError):
    """A clock was to pause, go on or stop before the present interval began."""


def elapsed(calendar: Calendar, intervals: Sequence[Stretch], until: datetime) -> timedelta:
    """The working time that has run until an instant; what was paused does not count."""
    spans = [(one.started_at, min(one.ended_at or until, until)) for one in intervals if one.kind == RUNNING]
    return sum((working_time_between(calendar, start, max(start, end)) for start, end in spans), timedelta(0))


def reached_at(calendar: Calendar, intervals: Sequence[Stretch], amount: timedelta) -> datetime | None:
    """The instant at which so much working time has run or will have run, in UTC.

    None while the clock is paused or stopped before that, and where the calendar has too little working time.
    """
    left = amount
    for one in intervals:
        if one.kind != RUNNING:
            continue
        if one.ended_at is None:
            return _later(calendar, one.started_at, left)
        ran = working_time_between(calendar, one.started_at, one.ended_at)
        if ran >= left:
            return _later(calendar, one.started_at, left)
        left -= ran
    return None


def measured_until(intervals: Sequence[Stretch], now: datetime) -> datetime:
    """The instant until which a clock has counted: now, or when it last stopped or paused."""
    last = next(one for one in reversed(intervals) if one.kind == RUNNING)
    return last.ended_at or now


def paused(intervals: Sequence[Interval], at: datetime, reason: str) -> list[Interval]:
    """The intervals of a running clock that pauses; raises ClockBackwardsError like `ended`."""
    return [*ended(intervals, at), Interval(PAUSED, at, reason=reason)]


def resumed(intervals: Sequence[Interval], at: datetime) -> list[Interval]:
    """The intervals of a paused clock that goes on; raises ClockBackwardsError like `ended`."""
    return [*ended(intervals, at), Interval(RUNNING, at)]


def ended(intervals: Sequence[Interval], at: datetime) -> list[Interval]:
    """The intervals with the present one ended; raises ClockBackwardsError when `at` lies before it."""
    *before, present = intervals
    if at < present.started_at:
        raise ClockBackwardsError
    return [*before, present._replace(ended_at=at)]


def _later(calendar: Calendar, start: datetime, amount: timedelta) -> datetime | None:
    try:
        return add_working_time(calendar, start, amount)
    except NoWorkingTimeError:
        return None
