"""What the clocks of a complaint do when they come due."""

from chassis.clocks.jobs import ladders
from chassis.clocks.models import Clock
from chassis.db import UnitOfWork
from contracts.complaints import ComplaintClockReached
from contracts.handling import ComplaintLimitReached
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.queries import OF_PROMISE, state_of, task_parameters
from services.complaints.complaints.rules import CLOCKS


async def clock_reached(
    work: UnitOfWork, complaint: Complaint, clock: Clock
) -> ComplaintClockReached | ComplaintLimitReached:
    """What the others are told when so much of a clock's limit has passed."""
    happened = ComplaintClockReached if clock.name in OF_PROMISE else ComplaintLimitReached
    state = await state_of(work, complaint)
    return happened(**state, clock=clock.name, percent=clock.reached, due_at=clock.due_at)


TIMERS = ladders(CLOCKS, Complaint, clock_reached, task_parameters)
