"""Working time: how much of it lies between two instants, and when a limit in working time is over."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Spells = tuple[tuple[str, str], ...]
"""A day's spells of work in order, each from and to a local time `HH:MM`; `24:00` is the end of the day."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = timedelta(days=366 * 20)
"""How far ahead working time is looked for."""

DAYS_KEPT = 8_192
"""Days whose spells are kept as instants, of all calendars together: those with the same hours share them."""

NOTHING, DAY, FINEST = timedelta(0), timedelta(days=1), timedelta(seconds=1)


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
    _months: dict[date, timedelta] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_working_day(self, day: date) -> bool:
        """Whether there is any working time on a local day."""
        return bool(self.spells(day))

    def spells(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The spells of work on a local day, in order and in UTC; what a change to summer time takes away is gone.

        A time that occurs twice counts as its first occurrence.
        """
        planned = self.days[day] if day in self.days else self.hours.get(WEEKDAYS[day.weekday()], ())
        return _instants(self.zone, day, planned) if planned else ()

    def working_time_of_month(self, first: date) -> timedelta:
        """All working time of the local days of the month that begins on `first`; reckoned once."""
        if first not in self._months:
            after = _next_month(first)
            days = (first + DAY * number for number in range((after - first).days))
            self._months[first] = _sum(spell for day in days for spell in self.spells(day))
        return self._months[first]


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first instant at which `amount` of working time has passed since `start`, in UTC.

    Raises NoWorkingTimeError when twenty years have too little of it, ValueError for a negative amount.
    """
    if amount < NOTHING:
        raise ValueError("working time is added forwards")
    start = start.astimezone(UTC)
    if not amount:
        return start
    left = amount
    for begins, ends in _from(calendar, start, start + LONGEST):
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    raise NoWorkingTimeError(f"less than {amount} of working time within twenty years after {start.isoformat()}")


def next_working_time(calendar: Calendar, at: datetime) -> datetime:
    """The first instant from `at` on that is working time, in UTC; raises NoWorkingTimeError as adding does."""
    ever = any(calendar.hours.values()) or any(calendar.days.values())
    spell = next(_from(calendar, at, at + LONGEST), None) if ever else None
    if spell is None:
        raise NoWorkingTimeError
    return spell[0].astimezone(UTC)


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time from `start` to `end`; negative when `end` comes first.

    Months that lie whole within it are not gone through day by day: a clock may have run for years.
    """
    if end <= start:
        return -working_time_between(calendar, end, start) if end < start else NOTHING
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    first, last = _days_around(calendar, start, end)
    begins, ends = _month_from(first + 3 * DAY), (last - 2 * DAY).replace(day=1)
    if begins >= ends:
        return _sum(_common(calendar, first, last, start, end))
    total = _sum(_common(calendar, first, begins - DAY, start, end)) + _sum(_common(calendar, ends, last, start, end))
    while begins < ends:
        total += calendar.working_time_of_month(begins)
        begins = _next_month(begins)
    return total


def end_of_working_day(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The end of work on the working day that comes so many after the local day of `start`, in UTC.

    Raises NoWorkingTimeError where there are not so many within twenty years.
    """
    day = start.astimezone(ZoneInfo(calendar.zone)).date()
    last = day + LONGEST
    while day < last:
        day += DAY
        days -= calendar.is_working_day(day)
        if days <= 0 and calendar.spells(day):
            return calendar.spells(day)[-1][1].astimezone(UTC)
    raise NoWorkingTimeError


def day_over(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day is over, in UTC."""
    return _instant(datetime.combine(day + DAY, time.min, zone))


def _from(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What the spells have in common with a stretch of time, in order and in UTC; nothing empty."""
    return _common(calendar, *_days_around(calendar, start, end), start, end)


def _days_around(calendar: Calendar, start: datetime, end: datetime) -> tuple[date, date]:
    """The local days of a stretch of time, and one more on either side.

    A clock put back at midnight begins a day twice.
    """
    zone = ZoneInfo(calendar.zone)
    return start.astimezone(zone).date() - DAY, end.astimezone(zone).date() + DAY


def _common(
    calendar: Calendar, day: date, last: date, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """What the spells of some days have in common with a stretch of time."""
    while day <= last:
        for spell in calendar.spells(day):
            begins, ends = spell
            if start <= begins and ends <= end:
                yield spell
            elif ends > start and begins < end:
                yield max(begins, start), min(ends, end)
        day += DAY


def _sum(spells: Iterable[tuple[datetime, datetime]]) -> timedelta:
    return sum((ends - begins for begins, ends in spells), NOTHING)


def _month_from(day: date) -> date:
    """The first day of a month that comes next, a day itself if it is one."""
    return day if day.day == 1 else _next_month(day)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + 31 * DAY).replace(day=1)


@lru_cache(maxsize=DAYS_KEPT)
def _instants(zone_name: str, day: date, planned: Spells) -> tuple[tuple[datetime, datetime], ...]:
    midnight = datetime.combine(day, time.min, ZoneInfo(zone_name))
    offset = midnight.utcoffset() or NOTHING
    spells = _since_midnight(planned)
    if (midnight + DAY).utcoffset() == offset:  # the clock is not changed on this day
        start = midnight.replace(tzinfo=UTC) - offset
        return tuple((start + begins, start + ends) for begins, ends in spells)
    instants = ((_instant(midnight + begins), _instant(midnight + ends)) for begins, ends in spells)
    return tuple((first, last) for first, last in instants if first < last)


@lru_cache(maxsize=4096)
def _since_midnight(spells: Spells) -> tuple[tuple[timedelta, timedelta], ...]:
    return tuple((_clock_time(begins), _clock_time(ends)) for begins, ends in spells)


def _clock_time(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _instant(local: datetime) -> datetime:
    """A local time in UTC: the first of two; for one that is skipped, the instant at which the clock is put forward.

    So a later local time is never an earlier instant, and spells that follow one another still do.
    """
    late = local.astimezone(UTC)
    if late.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return late
    early = local.replace(fold=1).astimezone(UTC)
    before = early.astimezone(local.tzinfo).utcoffset()
    while late - early > FINEST:  # the offset of `early` is that of before, the offset of `late` that of after
        middle = early + (late - early) // 2
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
