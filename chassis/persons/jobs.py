"""What the clock does to persons' data: erases what is kept no longer."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, set_timer
from chassis.logs import log
from chassis.persons.actions import erase_from
from chassis.persons.queries import on_hold, over_time
from chassis.persons.sources import PersonDesk

RETENTION = "retention"
MOST = 50
"""Persons of one class that are erased in one transaction, which must end within five seconds."""


def retention_sweep(desk: PersonDesk) -> TimerHandler:
    """The sweep that erases the persons whose time is over, so many at a time until none is left.

    A legal hold stops it. Run twice it erases nothing more: who is erased is not found again.
    """

    async def sweep(work: UnitOfWork, record: UUID, step: str) -> None:
        if await on_hold(work):
            return
        kept = await over_time(work, desk.sources, MOST)
        for one in kept:
            for place in one.due:
                await erase_from(work, desk, one.source, place, "retention")
        erased = sum(len(one.due) for one in kept)
        if erased:
            log.info("persons were erased by retention", persons=erased)
        if any(len(one.due) == MOST for one in kept):
            set_timer(work, record, RETENTION, step, work.now)

    return sweep
