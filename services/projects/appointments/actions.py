"""What is done to appointments."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import clear_timers, set_timer
from chassis.providers import today_of, zone_of
from chassis.worktime import day_over
from contracts.projects import BY_MISTAKE, AppointmentEnded, AppointmentMade
from services.projects.appointments.models import Appointment
from services.projects.appointments.queries import taken_of
from services.projects.appointments.rules import LIFECYCLE, Ending, Facts
from services.projects.appointments.schemas import AppointIn, EndIn
from services.projects.staff.queries import is_employed

TERM = "appointment_term"
"""The clock of an agreed end."""


async def appoint(work: UnitOfWork, body: AppointIn) -> Appointment:
    """Appoints a member of staff to a duty; 409 names all that lacks.

    Whoever is appointed is locked, so that two appointments at once do not take more than all of their time.
    """
    employed = await is_employed(work, body.account_id)
    facts = Facts(await today_of(work), employed, await taken_of(work, body.account_id))
    state = LIFECYCLE.begin("appoint", facts, body=body, actor=work.actor, now=work.now)
    assert body.document is not None  # the guards have seen to it
    appointment = Appointment(
        provider_id=work.provider_id, id=new_id(), created_at=work.now, state=state, **body.model_dump()
    )
    work.add(appointment)
    if appointment.ends_on is not None:
        set_timer(work, appointment.id, TERM, "end", day_over(appointment.ends_on, await zone_of(work)))
    work.record(appointment, AppointmentMade(**_shared(appointment)))
    return appointment


async def end(work: UnitOfWork, appointment_id: UUID, body: EndIn, expected: int | None) -> Appointment:
    """Ends an appointment before its term, if it has one; 409 for a day on which it does not hold, or yet to come."""
    appointment = await work.load(Appointment, appointment_id, expected)
    today = await today_of(work)
    take_end(work, appointment, Ending(body.ended_on or today, body.cause), Facts(today))
    await clear_timers(work, appointment.id, TERM)
    return appointment


def take_end(work: UnitOfWork, appointment: Appointment, ending: Ending, facts: Facts) -> None:
    """Takes the step of a locked appointment."""
    LIFECYCLE.advance(appointment, "end", facts, body=ending, actor=work.actor, now=work.now)
    appointment.cause = ending.cause
    if ending.cause != BY_MISTAKE:
        appointment.ends_on = ending.ended_on
    work.record(appointment, AppointmentEnded(**_shared(appointment)))


def _shared(appointment: Appointment) -> dict[str, object]:
    names = ("account_id", "duty", "dedicated", "share", "begins_on", "ends_on", "state", "cause")
    return {"appointment_id": appointment.id, **{name: getattr(appointment, name) for name in names}}
