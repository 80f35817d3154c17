"""The ladder of a clock: each level is told once, when the time comes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from chassis.clocks.actions import next_step
from chassis.clocks.models import Clock
from chassis.clocks.queries import Measured, live_clock
from chassis.clocks.rules import ClockRule
from chassis.db import UnitOfWork
from chassis.jobs import NotNow, TimerHandler, set_timers
from chassis.tables import Record
from chassis.tasks.actions import give_task
from chassis.tasks.rules import to_role
from contracts.base import Event

R = TypeVar("R", bound=Record)
Told = Callable[[UnitOfWork, R, Clock], Awaitable[Event]]
"""`told(work, record, clock)` is the event that the record's journal gets; `clock.reached` is the rung's percentage."""


def ladders(
    rules: Iterable[ClockRule], kind: type[R], told: Told[R], parameters: Callable[[R], Mapping[str, Any]]
) -> dict[str, TimerHandler]:
    """Handlers of the timers of these clocks, which are clocks of one kind of record.

    `parameters` are those of the tasks.
    """

    def climbing(rule: ClockRule) -> TimerHandler:
        async def climb(work: UnitOfWork, record_id: UUID, step: str) -> None:
            record = await locked(work, kind, record_id)
            measured = None if record is None else await live_clock(work, record_id, rule.name)
            if record is None or measured is None:
                return
            while (following := next_step(measured, rule)) is not None and following.due_at <= work.now:
                measured.clock.reached = int(following.step)
                made_by = work.record(record, await told(work, record, measured.clock))
                await _tell(work, measured, rule, made_by, parameters(record))
            set_timers(work, record_id, [] if following is None else [following])

        return climb

    return {rule.timer: climbing(rule) for rule in rules}


async def locked(work: UnitOfWork, kind: type[R], record_id: UUID) -> R | None:
    """The record, locked; None if it is gone. Raises NotNow while somebody else changes it."""
    this = select(kind).where(kind.provider_id == work.provider_id, kind.id == record_id)
    record = (await work.session.execute(this.with_for_update(skip_locked=True))).scalar_one_or_none()
    if record is None and (await work.session.execute(this)).scalar_one_or_none() is not None:
        raise NotNow
    return record


async def _tell(
    work: UnitOfWork, measured: Measured, rule: ClockRule, made_by: UUID, parameters: Mapping[str, Any]
) -> None:
    clock = measured.clock
    role = next(rung.role for rung in rule.ladder if rung.percent == clock.reached)
    give_task(
        work,
        clock.record_id,
        rule.task,
        to_role(role),
        made_by=made_by,
        due_at=clock.due_at,
        parameters=parameters,
        level=clock.reached,
    )
