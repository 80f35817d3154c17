"""Working time: how much of it lies between two instants, and when a limit in working time is over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Spells = tuple[tuple[str, str], ...]
"""A day's spells of work in order, each from and to a local time `HH:MM`; `24:00` is the end of the day."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = timedelta(days=366 * 20)
"""How far ahead working time is looked for."""

DAY = timedelta(days=1)


class NoWorkingTimeError(Exception):
    """The calendar has not enough working time within twenty years."""


@dataclass(frozen=True)
class Calendar:
    """A working calendar: the hours of each weekday, and the days that differ.

    `zone` is an IANA name. `hours` maps weekdays to spells; a weekday that is missing is closed. `days` are the
    exceptions: a holiday has no spells, a make-up working day (调休) or a day with other hours has its own.
    """

    zone: str
    hours: Mapping[str, Spells]
    days: Mapping[date, Spells] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        """Whether there is any working time on a local day."""
        return bool(self._spells(day))

    def spells(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spells of work on a local day, in UTC; what a change to summer time takes away is gone."""
        zone = ZoneInfo(self.zone)
        latest: datetime | None = None
        for begins, ends in self._spells(day):
            start, end = _instant(day, begins, zone), _instant(day, ends, zone)
            if latest is not None:
                start = max(start, latest)
            if start < end:
                latest = end
                yield start, end

    def _spells(self, day: date) -> Spells:
        return self.days[day] if day in self.days else self.hours.get(WEEKDAYS[day.weekday()], ())


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first instant at which `amount` of working time has passed since `start`, in UTC.

    Raises NoWorkingTimeError when twenty years have too little of it, ValueError for a negative amount.
    """
    if amount < timedelta(0):
        raise ValueError("working time is added forwards")
    left = amount
    if not left:
        return start.astimezone(UTC)
    for begins, ends in _from(calendar, start, start + LONGEST):
        spell = ends - max(begins, start)
        if spell >= left:
            return max(begins, start).astimezone(UTC) + left
        left -= spell
    raise NoWorkingTimeError


def next_working_time(calendar: Calendar, at: datetime) -> datetime:
    """The first instant from `at` on that is working time, in UTC; raises NoWorkingTimeError as adding does."""
    ever = any(calendar.hours.values()) or any(calendar.days.values())
    spell = next(_from(calendar, at, at + LONGEST), None) if ever else None
    if spell is None:
        raise NoWorkingTimeError
    return spell[0].astimezone(UTC)


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time from `start` to `end`; negative when `end` comes first."""
    if end < start:
        return -working_time_between(calendar, end, start)
    spells = _from(calendar, start, end)
    return sum((min(ends, end) - max(begins, start) for begins, ends in spells), timedelta(0))


def _from(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spells that overlap with a stretch of time, in order and in UTC; none of them empty in it."""
    zone = ZoneInfo(calendar.zone)
    day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date() + DAY
    latest = start
    while day <= last:
        for begins, ends in calendar.spells(day):
            if ends > latest and begins < end:
                yield max(begins, latest), ends
                latest = ends
        day += DAY


def _instant(day: date, local: str, zone: ZoneInfo) -> datetime:
    """A local time of a day in UTC; a time that occurs twice is the first, one that is skipped lies after the gap."""
    if local == "24:00":
        return datetime.combine(day + DAY, time.min, zone).astimezone(UTC)
    return datetime.combine(day, time.fromisoformat(local), zone).astimezone(UTC)
