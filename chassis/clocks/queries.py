"""Reads of clocks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, select

from chassis.calendars.queries import calendar_version
from chassis.clocks.models import Clock, ClockInterval
from chassis.clocks.rules import STOPPED, Interval, IntervalKind, elapsed, measured_until, reached_at
from chassis.db import UnitOfWork
from chassis.rows import Read
from chassis.worktime import Calendar


@dataclass(slots=True)
class Measured:
    """A clock with its intervals in their order, and the version of the calendar that it is measured on."""

    clock: Clock
    rows: list[ClockInterval]
    calendar: Calendar

    @property
    def intervals(self) -> list[Interval]:
        """The intervals as they may go on."""
        return [Interval(cast(IntervalKind, row.kind), row.started_at, row.ended_at, row.reason) for row in self.rows]

    @property
    def limit(self) -> timedelta | None:
        """The limit that is agreed now, in working time."""
        minutes = self.clock.limit_minutes
        return None if minutes is None else timedelta(minutes=minutes)

    def elapsed(self, now: datetime) -> timedelta:
        """The working time that has run so far."""
        return elapsed(self.calendar, self.rows, now)

    def reached_at(self, percent: int) -> datetime | None:
        """The instant at which so much of the limit has run; None without a limit, and while nobody can know."""
        limit = self.limit
        return None if limit is None else reached_at(self.calendar, self.rows, limit * percent / 100)

    def is_late(self, due_at: datetime | None, now: datetime) -> bool:
        """Whether the clock has counted beyond a due time of its own."""
        return due_at is not None and due_at < now and due_at < measured_until(self.rows, now)


class Clocks(list[Measured]):
    """The clocks of a record by name and round, the stopped ones too, as they were read with it.

    Steps change these, so that nothing is read again.
    """

    def __init__(self, record_id: UUID, found: Iterable[Measured] = ()) -> None:
        super().__init__(found)
        self.record_id = record_id

    def live(self, name: str) -> Measured | None:
        """The clock of this name that runs or pauses."""
        return next((one for one in self if one.clock.name == name and one.clock.state != STOPPED), None)

    def take_up(self, started: Measured) -> None:
        """Puts a clock that was started in its place."""
        self.append(started)
        self.sort(key=lambda one: (one.clock.name, one.clock.round))


def clocks_where(*which: ColumnElement[bool], looking: bool = False) -> Read[tuple[Clock, ClockInterval]]:
    """The read of the provider's clocks for which something holds, with their intervals, by name and round."""
    same = and_(ClockInterval.provider_id == Clock.provider_id, ClockInterval.clock_id == Clock.id)
    query = select(Clock, ClockInterval).join(ClockInterval, same)
    query = query.where(Clock.provider_id == bindparam("provider_id"), *which)
    return Read(query.order_by(Clock.name, Clock.round, ClockInterval.place), Clock, ClockInterval, looking=looking)


CLOCKS = clocks_where(Clock.record_id == bindparam("id"))


async def clocks_of(work: UnitOfWork, record_id: UUID) -> Clocks:
    """The clocks of a record."""
    return Clocks(record_id, await measured(work, await work.read(CLOCKS, id=record_id)))


async def measured(work: UnitOfWork, found: Iterable[tuple[Clock, ClockInterval]]) -> list[Measured]:
    """Clocks that were read with their intervals, each with its calendar."""
    clocks: dict[UUID, Measured] = {}
    for clock, row in found:
        if clock.id not in clocks:
            calendar = (await calendar_version(work, clock.calendar_number)).calendar
            clocks[clock.id] = Measured(clock, [], calendar)
        clocks[clock.id].rows.append(row)
    return list(clocks.values())
