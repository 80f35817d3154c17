"""What is done to departments and teams."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from contracts.projects import DepartmentChanged, DepartmentRegistered, DepartmentRetired
from services.projects.departments.models import Department
from services.projects.departments.queries import facts_of, unit_named
from services.projects.departments.rules import LIFECYCLE, Facts
from services.projects.departments.schemas import ChangeDepartmentIn, RegisterDepartmentIn
from services.projects.staff.actions import follow_team
from services.projects.staff.queries import is_employed


async def register_department(work: UnitOfWork, body: RegisterDepartmentIn) -> Department:
    """A new department or team; 409 names what it lacks, and when the code is taken."""
    parent = await unit_named(work, body.parent_id)
    facts = Facts(parent=parent, head_employed=await is_employed(work, body.head_id))
    state = LIFECYCLE.begin("register", facts, body=body, actor=work.actor, now=work.now)
    department = Department(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        code=body.code,
        kind=body.kind,
        name=body.name,
        parent_id=body.parent_id,
        head_id=body.head_id,
        state=state,
    )
    work.add(department)
    work.record(department, DepartmentRegistered(**_shared(department)))
    return department


async def change_department(
    work: UnitOfWork, department_id: UUID, body: ChangeDepartmentIn, expected: int
) -> Department:
    """Changes what the body names, a head also to nobody; 409 for a parent or a head that does not fit.

    Whoever works in a team goes along with it to another department.
    """
    await work.find(Department, department_id)
    parent = await unit_named(work, body.parent_id)
    department = await work.load(Department, department_id, expected)
    facts = Facts(parent=parent, head_employed=await is_employed(work, body.head_id))
    LIFECYCLE.advance(department, "change", facts, body=body, actor=work.actor, now=work.now)
    before = (department.name, department.parent_id, department.head_id)
    department.name = body.name or department.name
    if body.parent_id not in (None, department.parent_id):
        department.parent_id = body.parent_id
        await follow_team(work, department.id, body.parent_id)
    if "head_id" in body.model_fields_set:
        department.head_id = body.head_id
    if (department.name, department.parent_id, department.head_id) != before:
        work.record(department, DepartmentChanged(**_shared(department)))
    return department


async def retire_department(work: UnitOfWork, department_id: UUID, expected: int | None) -> Department:
    """Takes a department or team out of use; 409 while anybody belongs to it."""
    department = await work.load(Department, department_id, expected)
    facts = await facts_of(work, department)
    LIFECYCLE.advance(department, "retire", facts, body=None, actor=work.actor, now=work.now)
    work.record(department, DepartmentRetired(**_shared(department)))
    return department


def _shared(department: Department) -> dict[str, object]:
    names = ("code", "kind", "parent_id", "head_id", "state")
    return {"department_id": department.id, **{name: getattr(department, name) for name in names}}
