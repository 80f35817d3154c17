"""When complaints are counted: soon after they have changed, and all of them are looked at again once a day."""

from datetime import date
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, set_timer
from services.complaints.figures.actions import begin_check, check_complaints, check_counts, count, months
from services.complaints.figures.rules import MEASURES

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


async def check_month(work: UnitOfWork, record: UUID, step: str) -> None:
    """Checks the complaints of a month, then the counts of one measure after the other, each in its transaction."""
    begins_on, _, measure = step.partition(" ")
    month, names = date.fromisoformat(begins_on), list(MEASURES)
    if measure:
        await check_counts(work, month, measure)
    elif await check_complaints(work, month):
        set_timer(work, record, COUNTING, MONTH, work.now)
    following = names[names.index(measure) + 1 :] if measure else names
    if following:
        set_timer(work, record, MONTH, f"{begins_on} {following[0]}", work.now)


TIMERS: dict[str, TimerHandler] = {MONTH: check_month}
DAILY: dict[str, TimerHandler] = {COUNTING: count_changes, CHECKING: begin_checking}
SOON: dict[str, TimerHandler] = {COUNTING: count_changes}
