"""What the clock does to appointments: an agreed term ends."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import locked, set_timer
from chassis.providers import today_of, zone_of
from chassis.worktime import day_over
from services.projects.appointments.actions import TERM, take_end
from services.projects.appointments.models import Appointment
from services.projects.appointments.rules import TERM_OVER, Ending, Facts, State


async def end_term(work: UnitOfWork, record: UUID, step: str) -> None:
    """Ends an appointment whose last day is over; looks again later where the provider's zone has changed since."""
    appointment = await locked(work, Appointment, record)
    if appointment is None or appointment.state != State.IN_FORCE or appointment.ends_on is None:
        return
    today = await today_of(work)
    if today <= appointment.ends_on:
        set_timer(work, record, TERM, step, day_over(appointment.ends_on, await zone_of(work)))
        return
    take_end(work, appointment, Ending(appointment.ends_on, TERM_OVER), Facts(today))


TIMERS = {TERM: end_term}
