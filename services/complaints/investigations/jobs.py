"""What the clock does when nobody has answered a question."""

from uuid import UUID

from chassis.db import UnitOfWork
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import State
from services.complaints.investigations.actions import PAUSE
from services.complaints.investigations.schemas import TimeOutIn
from services.complaints.steps.actions import take


async def end_pause(work: UnitOfWork, complaint_id: UUID, step: str) -> None:
    """Lets the case go on when the longest pause is over, if it waits still."""
    found = await work.load(Complaint, complaint_id)
    if found.state == State.WAITING_COMPLAINANT:
        await take(work, complaint_id, "time_out", TimeOutIn())


TIMERS = {PAUSE: end_pause}
