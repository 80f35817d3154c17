"""What the clock does when an answer in the mailbox has been waited for."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import locked
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import State
from services.complaints.follow_ups.actions import MAILBOX, end_of_mailbox
from services.complaints.steps.queries import matter


async def end_wait(work: UnitOfWork, complaint_id: UUID, step: str) -> None:
    """Has whoever closes the complaint asked for it, if the mailbox is still all that was waited for."""
    complaint = await locked(work, Complaint, complaint_id)
    if complaint is not None and complaint.state == State.FOLLOW_UP_PENDING:
        await end_of_mailbox(await matter(work, complaint_id))


TIMERS = {MAILBOX: end_wait}
