"""What the clock does when a handler is absent."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.jobs import TimerHandler, set_timer
from chassis.logs import log
from services.complaints.handling.queries import without_handler
from services.complaints.handling.schemas import ReassignIn
from services.complaints.steps.actions import take

ABSENCE = "absence"
FIRST = UUID(int=0)
HAND_OVER = "处理人员不在岗，由后备人员接手。 The handler is absent; the backup takes over."


async def hand_to_backups(work: UnitOfWork, record: UUID, step: str) -> None:
    """Gives the complaints of who is absent today to their backups, a hundred at a time; the guards hold for these too.

    `step` is the id after which it goes on. A complaint whose backup may not have it stays where it is: the clocks tell
    the levels above.
    """
    after = FIRST if step == "sweeps" else UUID(step)
    found = await without_handler(work, after)
    for complaint in found:
        assert complaint.backup_id is not None
        body = ReassignIn(handler_id=complaint.backup_id, reason="absence", words=HAND_OVER)
        try:
            await take(work, complaint.id, "reassign", body)
        except Problem as refused:
            codes = [one.code for one in refused.objections]
            log.warning("a backup could not take over", complaint=str(complaint.id), objections=codes)
    if found:
        set_timer(work, record, ABSENCE, str(found[-1].id), work.now)


DAILY: dict[str, TimerHandler] = {ABSENCE: hand_to_backups}
