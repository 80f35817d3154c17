"""What the clock does when a handler is absent or has left."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.jobs import TimerHandler, set_timer
from chassis.logs import log
from services.complaints.handling.actions import ask_for_handler
from services.complaints.handling.queries import without_handler
from services.complaints.handling.schemas import ReassignIn
from services.complaints.steps.actions import take
from services.complaints.steps.queries import matter_for_step

ABSENCE = "absence"
FIRST = UUID(int=0)
HAND_OVER = "处理人员不在岗或已离职，由后备人员接手。 The handler is absent or has left; the backup takes over."


async def hand_to_backups(work: UnitOfWork, record: UUID, step: str) -> None:
    """Gives the complaints of who is absent today or has left to their backups, a hundred at a time; the guards hold
    for these too.

    `step` is the id after which it goes on. Where the backup may not have a complaint, or whoever has left had none,
    the lead is asked to name a handler.
    """
    after = FIRST if step == "sweeps" else UUID(step)
    found = await without_handler(work, after)
    for complaint in found:
        if complaint.backup_id is None or not await _handed_over(work, complaint.id, complaint.backup_id):
            matter = await matter_for_step(work, complaint.id, None)
            ask_for_handler(matter, matter.records[-1].entry_id)
    if found:
        set_timer(work, record, ABSENCE, str(found[-1].id), work.now)


async def _handed_over(work: UnitOfWork, complaint_id: UUID, backup_id: UUID) -> bool:
    """Whether the backup has the complaint now."""
    body = ReassignIn(handler_id=backup_id, reason="absence", words=HAND_OVER)
    try:
        await take(work, complaint_id, "reassign", body)
    except Problem as refused:
        codes = [one.code for one in refused.objections]
        log.warning("a backup could not take over", complaint=str(complaint_id), objections=codes)
        return False
    return True


DAILY: dict[str, TimerHandler] = {ABSENCE: hand_to_backups}
