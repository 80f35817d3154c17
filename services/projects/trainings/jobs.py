"""What the clock does to trainings: a qualification expires when its last day is over."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import locked, set_timer
from chassis.providers import today_of, zone_of
from chassis.worktime import day_over
from contracts.projects import TrainingExpired
from services.projects.trainings.actions import VALIDITY, record
from services.projects.trainings.models import Training
from services.projects.trainings.rules import LIFECYCLE, Facts, State


async def expire(work: UnitOfWork, record_id: UUID, step: str) -> None:
    """Has a qualification expire; looks again later where the provider's zone has changed since."""
    training = await locked(work, Training, record_id)
    if training is None or training.state != State.VALID or training.valid_until is None:
        return
    today = await today_of(work)
    if today <= training.valid_until:
        set_timer(work, record_id, VALIDITY, step, day_over(training.valid_until, await zone_of(work)))
        return
    LIFECYCLE.advance(training, "expire", Facts(today), body=None, actor=work.actor, now=work.now)
    record(work, training, TrainingExpired)


TIMERS = {VALIDITY: expire}
