"""Appointments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.providers import today_of
from chassis.schemas import open_steps_out, tag
from services.projects.appointments import actions, queries
from services.projects.appointments.models import Appointment
from services.projects.appointments.rules import LIFECYCLE, Facts
from services.projects.appointments.schemas import AppointIn, AppointmentItem, AppointmentOut, AppointmentQuery, EndIn

router = APIRouter(prefix="/v1", tags=["appointments"], route_class=IdempotentRoute)


@router.post("/appointments", status_code=201)
async def make_appointment(
    body: AppointIn,
    work: Annotated[UnitOfWork, permitted("projects.appointment.make")],
    response: Response,
    language: Language,
) -> AppointmentOut:
    """Appoints a member of staff to a duty in writing (任命)."""
    appointment = await actions.appoint(work, body)
    out = await _out(work, appointment, response, language)
    tag(response, appointment.version, f"/v1/appointments/{appointment.id}")
    return out


@router.get("/appointments")
async def list_appointments(
    asked: Annotated[AppointmentQuery, Query()], work: Annotated[UnitOfWork, permitted("projects.appointment.read")]
) -> Page[AppointmentItem]:
    """Who is, was or will be appointed to which duty."""
    rows = await queries.list_appointments(work, asked)
    items = [AppointmentItem.model_validate(appointment) for appointment in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/appointments/{appointment_id}")
async def read_appointment(
    appointment_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.appointment.read")],
    response: Response,
    language: Language,
) -> AppointmentOut:
    """An appointment."""
    return await _out(work, await work.find(Appointment, appointment_id), response, language)


@router.post("/appointments/{appointment_id}/end")
async def end_appointment(
    appointment_id: UUID,
    body: EndIn,
    work: Annotated[UnitOfWork, permitted("projects.appointment.end")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> AppointmentOut:
    """Ends an appointment (免去职责)."""
    return await _out(work, await actions.end(work, appointment_id, body, expected), response, language)


async def _out(work: UnitOfWork, appointment: Appointment, response: Response, language: str) -> AppointmentOut:
    tag(response, appointment.version)
    facts = Facts(await today_of(work))
    steps = LIFECYCLE.open_steps(appointment, facts, actor=work.actor, now=work.now)
    return AppointmentOut(
        **AppointmentItem.model_validate(appointment).model_dump(), open_steps=open_steps_out(steps, language)
    )
