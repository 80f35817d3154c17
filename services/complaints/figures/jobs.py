"""When complaints are counted: soon after they have changed, and all of them are looked at again once a day."""

from datetime import date
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, set_timer
from services.complaints.figures.actions import begin_check, check_month, count, months

COUNTING, CHECKING, MONTH = "figures.count", "figures.check", "figures.check_month"


async def count_changes(work: UnitOfWork, record: UUID, step: str) -> None:
    """Counts what has changed, so many at a time until nothing is left."""
    if await count(work):
        set_timer(work, record, COUNTING, step, work.now)


async def begin_checking(work: UnitOfWork, record: UUID, step: str) -> None:
    """Has each month checked in a transaction of its own."""
    await begin_check(work)
    for month in await months(work):
        set_timer(work, record, MONTH, month.isoformat(), work.now)


async def check_counts(work: UnitOfWork, record: UUID, step: str) -> None:
    """Checks a month; what was not counted is counted next."""
    if await check_month(work, date.fromisoformat(step)):
        set_timer(work, record, COUNTING, MONTH, work.now)


TIMERS: dict[str, TimerHandler] = {MONTH: check_counts}
DAILY: dict[str, TimerHandler] = {COUNTING: count_changes, CHECKING: begin_checking}
SOON: dict[str, TimerHandler] = {COUNTING: count_changes}
