"""Reads of departments and teams."""

from uuid import UUID

from sqlalchemy import bindparam, literal_column, or_, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.rows import Read, by_id
from services.projects.departments.models import Department
from services.projects.departments.rules import Facts, State
from services.projects.departments.schemas import DepartmentQuery
from services.projects.staff.models import Staff
from services.projects.staff.rules import State as Employment

DEPARTMENTS = Listing(
    Department,
    filters={"state": Department.state, "kind": Department.kind, "parent_id": Department.parent_id},
    sorts={"-updated_at": Department.updated_at, "updated_at": Department.updated_at, "code": Department.code},
    updated_at=Department.updated_at,
)
STAFF_OF = Read(
    select(Staff)
    .where(
        Staff.provider_id == bindparam("provider_id"),
        or_(Staff.department_id == bindparam("id"), Staff.team_id == bindparam("id")),
        Staff.state == Employment.EMPLOYED.value,
    )
    .limit(literal_column("1")),
    Staff,
)
TEAMS_OF = Read(
    select(Department)
    .where(
        Department.provider_id == bindparam("provider_id"),
        Department.parent_id == bindparam("id"),
        Department.state == State.ACTIVE.value,
    )
    .limit(literal_column("1")),
    Department,
)


async def list_departments(work: UnitOfWork, asked: DepartmentQuery) -> Rows[Department]:
    """A page of the provider's departments and teams."""
    return await DEPARTMENTS.page(work, asked)


async def facts_of(work: UnitOfWork, department: Department) -> Facts:
    """What the guards know of a department that is there: who still belongs to it."""
    staff, teams = await work.read_together((STAFF_OF, TEAMS_OF), id=department.id)
    return Facts(has_staff=bool(staff), has_teams=bool(teams))


async def unit_named(work: UnitOfWork, department_id: UUID | None) -> Department | None:
    """The department or team that a request names, locked so that it is not retired meanwhile.

    Units are locked before people, departments before teams, so that nobody waits for one another.
    """
    if department_id is None:
        return None
    found = await work.read(by_id(Department, lock=True), id=department_id)
    return found[0] if found else None
