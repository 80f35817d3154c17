"""The ladder of a clock: each level is told once, when the time comes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from chassis.clocks.actions import WHOLE, next_step
from chassis.clocks.models import Clock
from chassis.clocks.queries import clocks_of
from chassis.clocks.rules import ClockRule
from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, locked, set_timers
from chassis.metrics import DEADLINES_MISSED
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
        missed = DEADLINES_MISSED.labels(rule.timer)  # shows from the start, so that the first one is an increase

        async def climb(work: UnitOfWork, record_id: UUID, step: str) -> None:
            record = await locked(work, kind, record_id)
            if record is None:
                return
            measured = (await clocks_of(work, record_id)).live(rule.name)
            if measured is None:
                return
            while (following := next_step(measured, rule)) is not None and following.due_at <= work.now:
                measured.clock.reached = int(following.step)
                made_by = work.record(record, await told(work, record, measured.clock))
                reached, due_at = measured.clock.reached, measured.clock.due_at
                if reached == WHOLE:
                    missed.inc()
                tell(work, record_id, rule, reached, made_by=made_by, due_at=due_at, parameters=parameters(record))
            set_timers(work, record_id, [] if following is None else [following])

        return climb

    return {rule.timer: climbing(rule) for rule in rules}


def tell(
    work: UnitOfWork,
    record_id: UUID,
    rule: ClockRule,
    percent: int,
    *,
    made_by: UUID,
    due_at: datetime | None,
    parameters: Mapping[str, Any],
) -> None:
    """Gives the task of a rung to its level."""
    role = next(rung.role for rung in rule.ladder if rung.percent == percent)
    give_task(
        work,
        record_id,
        rule.task,
        to_role(role),
        made_by=made_by,
        due_at=due_at,
        parameters=parameters,
        level=percent,
    )
