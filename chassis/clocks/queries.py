"""Reads of clocks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, and_, bindparam, select, text

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
        return due_at is not None and due_at < measured_until(self.rows, now)


def clocks_where(*which: ColumnElement[bool] | TextClause) -> Read[tuple[Clock, ClockInterval]]:
    """The read of the provider's clocks for which something holds, with their intervals, by name and round."""
    same = and_(ClockInterval.provider_id == Clock.provider_id, ClockInterval.clock_id == Clock.id)
    query = select(Clock, ClockInterval).join(ClockInterval, same)
    query = query.where(Clock.provider_id == bindparam("provider_id"), *which)
    return Read(query.order_by(Clock.name, Clock.round, ClockInterval.place), Clock, ClockInterval)


CLOCKS = clocks_where(Clock.record_id == bindparam("id"))
# The state is no value: the partial index of live clocks is chosen by the statement itself.
LIVE_CLOCK = clocks_where(
    Clock.record_id == bindparam("id"),
    Clock.name == bindparam("name"),
    text(f"clock.state <> '{STOPPED}'"),
)


async def clocks_of(work: UnitOfWork, record_id: UUID) -> list[Measured]:
    """The clocks of a record, the stopped ones too, by name and round."""
    return await measured(work, await work.read(CLOCKS, id=record_id))


async def live_clock(work: UnitOfWork, record_id: UUID, name: str) -> Measured | None:
    """The clock of a record that runs or pauses; the record's lock guards it."""
    found = await measured(work, await work.read(LIVE_CLOCK, id=record_id, name=name))
    return found[0] if found else None


async def measured(work: UnitOfWork, found: Iterable[tuple[Clock, ClockInterval]]) -> list[Measured]:
    """Clocks that were read with their intervals, each with its calendar."""
    clocks: dict[UUID, Measured] = {}
    for clock, row in found:
        if clock.id not in clocks:
            calendar = (await calendar_version(work, clock.calendar_number)).calendar
            clocks[clock.id] = Measured(clock, [], calendar)
        clocks[clock.id].rows.append(row)
    return list(clocks.values())
