"""What steps do with clocks, in their own transaction, with what was read beside the record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chassis.calendars.queries import Dated, present_calendar
from chassis.clocks.models import Clock, ClockInterval
from chassis.clocks.queries import Clocks, Measured
from chassis.clocks.rules import PAUSED, RUNNING, STOPPED, ClockRule, Interval, ended, paused, resumed
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import Step, clear_timers, set_timers
from chassis.tasks.actions import end_tasks, move_due

MINUTE = timedelta(minutes=1)
WHOLE = 100


class Start(NamedTuple):
    """A clock to start, with its limit in working time; None is no target."""

    rule: ClockRule
    limit: timedelta | None


async def start_clocks(
    work: UnitOfWork, clocks: Clocks, starts: Sequence[Start], at: datetime, present: Dated | None = None
) -> None:
    """Starts clocks that the record has not had, at an instant that may have passed, on the calendar that holds now.

    What their ladders have reached already is told at once. 503 while no calendar of the provider has arrived; where
    one has not the working time for a limit, the clock has no due time. `present` is that calendar, where the caller
    has read it together with something else.
    """
    await _start(work, clocks, [(start, 1) for start in starts], at, present)


async def restart_clock(work: UnitOfWork, clocks: Clocks, start: Start, at: datetime) -> Measured:
    """Starts a clock that the record has had before, in another round; one that is live is stopped at that instant."""
    await stop_clock(work, clocks, start.rule, at)
    rounds = [one.clock.round for one in clocks if one.clock.name == start.rule.name]
    (started,) = await _start(work, clocks, [(start, max(rounds, default=0) + 1)], at)
    return started


async def pause_clock(work: UnitOfWork, clocks: Clocks, rule: ClockRule, reason: str, at: datetime) -> Measured | None:
    """Pauses the clock, if it runs; what has run is kept to the second. Its due time stands still until it goes on.

    Raises ClockBackwardsError when `at` lies before the present interval.
    """
    measured = clocks.live(rule.name)
    if measured is None or measured.clock.state != RUNNING:
        return None
    await clear_timers(work, clocks.record_id, rule.timer)
    _keep(work, measured, paused(measured.intervals, at, reason))
    measured.clock.state = PAUSED
    return measured


async def resume_clock(work: UnitOfWork, clocks: Clocks, rule: ClockRule, at: datetime) -> Measured | None:
    """Lets the clock go on, if it pauses: what is agreed moves by the working time of the pause, the promise does not.

    Raises ClockBackwardsError when `at` lies before the pause.
    """
    measured = clocks.live(rule.name)
    if measured is None or measured.clock.state != PAUSED:
        return None
    _keep(work, measured, resumed(measured.intervals, at))
    measured.clock.state = RUNNING
    await _agree(work, measured, rule)
    return measured


async def change_limit(work: UnitOfWork, clocks: Clocks, rule: ClockRule, limit: timedelta) -> Measured | None:
    """Extends or shortens the live clock to a limit in working time from its start; pauses keep their credit.

    What is agreed moves, the promise stays. Rungs that were taken are not taken again; those that the shorter limit has
    passed are, at once.
    """
    measured = clocks.live(rule.name)
    if measured is None:
        return None
    measured.clock.limit_minutes = limit // MINUTE
    await clear_timers(work, clocks.record_id, rule.timer)
    await _agree(work, measured, rule)
    return measured


async def stop_clock(work: UnitOfWork, clocks: Clocks, rule: ClockRule, at: datetime) -> Measured | None:
    """Stops the clock, if it is live, and ends the tasks of what it measures, where it never ran too.

    One that was to begin later than now has not run: it begins and ends at `at`. Raises ClockBackwardsError when `at`
    lies before the present interval.
    """
    await end_tasks(work, clocks.record_id, rule.task)
    measured = clocks.live(rule.name)
    if measured is None:
        return None
    await clear_timers(work, clocks.record_id, rule.timer)
    if measured.clock.started_at > work.now:
        measured.clock.started_at = measured.rows[0].started_at = at
    _keep(work, measured, ended(measured.intervals, at))
    measured.clock.state, measured.clock.stopped_at = STOPPED, at
    return measured


def next_step(measured: Measured, rule: ClockRule) -> Step | None:
    """The next rung of a running clock's ladder as its timer; None at the top, and without a limit."""
    rung = rule.after(measured.clock.reached)
    if rung is None or measured.clock.state != RUNNING:
        return None
    due_at = measured.reached_at(rung.percent)
    return None if due_at is None else Step(rule.timer, str(rung.percent), due_at)


async def _start(
    work: UnitOfWork, clocks: Clocks, starts: Sequence[tuple[Start, int]], at: datetime, present: Dated | None = None
) -> list[Measured]:
    if not starts:
        return []
    dated = present or await present_calendar(work)
    started = [_new(work, clocks.record_id, start, number, at, dated) for start, number in starts]
    for one, (start, _) in zip(started, starts, strict=True):
        clocks.take_up(one)
        work.add(one.clock, *one.rows)
        step = next_step(one, start.rule)
        set_timers(work, clocks.record_id, [] if step is None else [step])
    return started


def _new(work: UnitOfWork, record_id: UUID, start: Start, number: int, at: datetime, dated: Dated) -> Measured:
    minutes = None if start.limit is None else start.limit // MINUTE
    clock = Clock(
        provider_id=work.provider_id,
        id=new_id(),
        record_type=start.rule.record,
        record_id=record_id,
        name=start.rule.name,
        round=number,
        calendar_number=dated.number,
        promised_minutes=minutes,
        limit_minutes=minutes,
        started_at=at,
        state=RUNNING,
        reached=0,
    )
    first = ClockInterval(provider_id=work.provider_id, clock_id=clock.id, place=0, kind=RUNNING, started_at=at)
    measured = Measured(clock, [first], dated.calendar)
    clock.promised_due_at = clock.due_at = measured.reached_at(WHOLE)
    return measured


def _keep(work: UnitOfWork, measured: Measured, intervals: Sequence[Interval]) -> None:
    """Writes down how the last interval ended and what followed."""
    rows = measured.rows
    for place, one in enumerate(intervals):
        if place < len(rows):
            rows[place].ended_at = one.ended_at
            continue
        row = ClockInterval(provider_id=work.provider_id, clock_id=measured.clock.id, place=place, **one._asdict())
        rows.append(row)
        work.add(row)


async def _agree(work: UnitOfWork, measured: Measured, rule: ClockRule) -> None:
    """The due time as the intervals and the limit have it now; a paused clock gets it when it goes on."""
    clock = measured.clock
    if clock.state != RUNNING:
        return
    clock.due_at = measured.reached_at(WHOLE)
    await move_due(work, clock.record_id, rule.task, clock.due_at)
    step = next_step(measured, rule)
    set_timers(work, clock.record_id, [] if step is None else [step])
