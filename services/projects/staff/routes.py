"""Members of staff over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, RequiredIfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.schemas import open_steps_out, tag
from services.projects.staff import actions, queries
from services.projects.staff.models import Staff
from services.projects.staff.rules import LIFECYCLE
from services.projects.staff.schemas import (
    AbsenceIn,
    ChangeStaffIn,
    RegisterStaffIn,
    RejoinIn,
    StaffItem,
    StaffOut,
    StaffQuery,
)

router = APIRouter(prefix="/v1", tags=["staff"], route_class=IdempotentRoute)


@router.post("/staff", status_code=201)
async def register_staff(
    body: RegisterStaffIn,
    work: Annotated[UnitOfWork, permitted("projects.staff.register")],
    response: Response,
    language: Language,
) -> StaffOut:
    """Registers a person, by their account, as a member of staff (登记员工)."""
    person = await actions.register_staff(work, body)
    out = await _out(work, person, response, language)
    tag(response, person.version, f"/v1/staff/{person.id}")
    return out


@router.get("/staff")
async def list_staff(
    asked: Annotated[StaffQuery, Query()], work: Annotated[UnitOfWork, permitted("projects.staff.read")]
) -> Page[StaffItem]:
    """The provider's members of staff, and those who were."""
    rows = await queries.list_staff(work, asked)
    return Page(items=[StaffItem.model_validate(one) for one in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/staff/{account_id}")
async def read_staff(
    account_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.staff.read")],
    response: Response,
    language: Language,
) -> StaffOut:
    """A member of staff."""
    return await _out(work, await work.find(Staff, account_id), response, language)


@router.patch("/staff/{account_id}")
async def change_staff(
    account_id: UUID,
    body: ChangeStaffIn,
    work: Annotated[UnitOfWork, permitted("projects.staff.change")],
    response: Response,
    language: Language,
    expected: RequiredIfMatch,
) -> StaffOut:
    """Changes where somebody works, or as what, or their staff number."""
    return await _out(work, await actions.change_staff(work, account_id, body, expected), response, language)


@router.post("/staff/{account_id}/record-absence")
async def record_absence(
    account_id: UUID,
    body: AbsenceIn,
    work: Annotated[UnitOfWork, permitted("projects.staff.excuse")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> StaffOut:
    """Records from when to when somebody is away, and who stands in (登记缺勤)."""
    return await _out(work, await actions.record_absence(work, account_id, body, expected), response, language)


@router.post("/staff/{account_id}/end-absence")
async def end_absence(
    account_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.staff.excuse")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> StaffOut:
    """Records that somebody is back, or was not away after all (销假)."""
    return await _out(work, await actions.end_absence(work, account_id, expected), response, language)


@router.post("/staff/{account_id}/leave")
async def leave_staff(
    account_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.staff.leave")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> StaffOut:
    """Records that somebody has left the provider (离职)."""
    return await _out(work, await actions.leave(work, account_id, expected), response, language)


@router.post("/staff/{account_id}/rejoin")
async def rejoin_staff(
    account_id: UUID,
    body: RejoinIn,
    work: Annotated[UnitOfWork, permitted("projects.staff.register")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> StaffOut:
    """Takes somebody in again who had left (重新入职)."""
    return await _out(work, await actions.rejoin(work, account_id, body, expected), response, language)


async def _out(work: UnitOfWork, person: Staff, response: Response, language: str) -> StaffOut:
    tag(response, person.version)
    facts = await queries.facts_of(work, person)
    steps = LIFECYCLE.open_steps(person, facts, actor=work.actor, now=work.now)
    return StaffOut(**StaffItem.model_validate(person).model_dump(), open_steps=open_steps_out(steps, language))
