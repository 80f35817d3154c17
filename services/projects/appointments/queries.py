"""Reads of appointments."""

from uuid import UUID

from sqlalchemy import bindparam, or_, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.rows import Read
from contracts.projects import BY_MISTAKE
from services.projects.appointments.models import Appointment
from services.projects.appointments.rules import Share
from services.projects.appointments.schemas import AppointmentQuery

APPOINTMENTS = Listing(
    Appointment,
    filters={
        "state": Appointment.state,
        "account_id": Appointment.account_id,
        "duty": Appointment.duty,
        "dedicated": Appointment.dedicated,
    },
    sorts={"-updated_at": Appointment.updated_at, "updated_at": Appointment.updated_at},
    updated_at=Appointment.updated_at,
)
DEDICATED = Read(
    select(Appointment).where(
        Appointment.provider_id == bindparam("provider_id"),
        Appointment.account_id == bindparam("account_id"),
        Appointment.dedicated,
        or_(Appointment.cause.is_(None), Appointment.cause != BY_MISTAKE),
    ),
    Appointment,
)


async def list_appointments(work: UnitOfWork, asked: AppointmentQuery) -> Rows[Appointment]:
    """A page of the provider's appointments."""
    return await APPOINTMENTS.page(work, asked)


async def taken_of(work: UnitOfWork, account_id: UUID) -> list[Share]:
    """What a person's dedicated duties take of their time, those of the past too."""
    return [Share(one.begins_on, one.ends_on, one.share) for one in await work.read(DEDICATED, account_id=account_id)]
