"""Yearly registers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.paging import Page, PageQuery
from chassis.schemas import tag
from services.complaints.registers import actions, queries
from services.complaints.registers.models import Register
from services.complaints.registers.schemas import (
    CloseYearIn,
    RegisterItem,
    RegisterOut,
    RegisterQuery,
    RegisterRowOut,
)

router = APIRouter(prefix="/v1", tags=["registers"], route_class=IdempotentRoute)


@router.post("/registers", status_code=201)
async def close_year(
    body: CloseYearIn, work: Annotated[UnitOfWork, permitted("complaints.register.close")], response: Response
) -> RegisterOut:
    """Closes a year and signs its register, which is numbered in the background (年度台账封账)."""
    register = await actions.close_year(work, body)
    tag(response, register.version, f"/v1/registers/{register.id}")
    return _out(register)


@router.get("/registers")
async def list_registers(
    asked: Annotated[RegisterQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.register.read")]
) -> Page[RegisterItem]:
    """The registers of the years that were closed."""
    rows = await queries.list_registers(work, asked)
    items = [RegisterItem.model_validate(register) for register in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/registers/{register_id}")
async def read_register(
    register_id: UUID, work: Annotated[UnitOfWork, permitted("complaints.register.read")], response: Response
) -> RegisterOut:
    """The register of a year, with its hash."""
    register = await work.find(Register, register_id)
    tag(response, register.version)
    return _out(register)


@router.get("/registers/{register_id}/rows")
async def list_register_rows(
    register_id: UUID,
    asked: Annotated[PageQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.register.read")],
) -> Page[RegisterRowOut]:
    """The complaints of a year by their number, late entries at the end."""
    rows = await queries.list_rows(work, register_id, asked)
    items = [RegisterRowOut.model_validate(row) for row in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


def _out(register: Register) -> RegisterOut:
    """A register as a caller sees it; its steps are the clock's alone."""
    return RegisterOut.model_validate({**vars(register), "open_steps": []})
