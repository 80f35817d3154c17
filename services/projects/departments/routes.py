"""Departments and teams over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, RequiredIfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.schemas import open_steps_out, tag
from services.projects.departments import actions, queries
from services.projects.departments.models import Department
from services.projects.departments.rules import LIFECYCLE
from services.projects.departments.schemas import (
    ChangeDepartmentIn,
    DepartmentItem,
    DepartmentOut,
    DepartmentQuery,
    RegisterDepartmentIn,
)

router = APIRouter(prefix="/v1", tags=["departments"], route_class=IdempotentRoute)


@router.post("/departments", status_code=201)
async def register_department(
    body: RegisterDepartmentIn,
    work: Annotated[UnitOfWork, permitted("projects.department.register")],
    response: Response,
    language: Language,
) -> DepartmentOut:
    """Registers a department, or a team within one (登记部门、团队)."""
    department = await actions.register_department(work, body)
    out = await _out(work, department, response, language)
    tag(response, department.version, f"/v1/departments/{department.id}")
    return out


@router.get("/departments")
async def list_departments(
    asked: Annotated[DepartmentQuery, Query()], work: Annotated[UnitOfWork, permitted("projects.department.read")]
) -> Page[DepartmentItem]:
    """The provider's departments and teams."""
    rows = await queries.list_departments(work, asked)
    items = [DepartmentItem.model_validate(department) for department in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/departments/{department_id}")
async def read_department(
    department_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.department.read")],
    response: Response,
    language: Language,
) -> DepartmentOut:
    """A department or team."""
    return await _out(work, await work.find(Department, department_id), response, language)


@router.patch("/departments/{department_id}")
async def change_department(
    department_id: UUID,
    body: ChangeDepartmentIn,
    work: Annotated[UnitOfWork, permitted("projects.department.change")],
    response: Response,
    language: Language,
    expected: RequiredIfMatch,
) -> DepartmentOut:
    """Changes a department's or team's name, head or place."""
    return await _out(work, await actions.change_department(work, department_id, body, expected), response, language)


@router.post("/departments/{department_id}/retire")
async def retire_department(
    department_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.department.retire")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DepartmentOut:
    """Takes a department or team out of use, when nobody belongs to it any more (撤销)."""
    return await _out(work, await actions.retire_department(work, department_id, expected), response, language)


async def _out(work: UnitOfWork, department: Department, response: Response, language: str) -> DepartmentOut:
    tag(response, department.version)
    facts = await queries.facts_of(work, department)
    steps = LIFECYCLE.open_steps(department, facts, actor=work.actor, now=work.now)
    return DepartmentOut(
        **DepartmentItem.model_validate(department).model_dump(), open_steps=open_steps_out(steps, language)
    )
