"""Reads of members of staff."""

from uuid import UUID

from sqlalchemy import bindparam, literal_column, or_, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.providers import today_of
from chassis.rows import Read, by_id
from services.projects.appointments.models import Appointment
from services.projects.departments.models import Department
from services.projects.departments.rules import State as UnitState
from services.projects.staff import rules
from services.projects.staff.models import Staff
from services.projects.staff.rules import Facts, State
from services.projects.staff.schemas import StaffQuery

STAFF = Listing(
    Staff,
    filters={"state": Staff.state, "department_id": Staff.department_id, "team_id": Staff.team_id},
    sorts={"-updated_at": Staff.updated_at, "updated_at": Staff.updated_at},
    updated_at=Staff.updated_at,
)
HEADED = Read(
    select(Department)
    .where(
        Department.provider_id == bindparam("provider_id"),
        Department.head_id == bindparam("id"),
        Department.state == UnitState.ACTIVE.value,
    )
    .limit(literal_column("1")),
    Department,
)
STOOD_IN_FOR = Read(
    select(Staff)
    .where(
        Staff.provider_id == bindparam("provider_id"),
        Staff.backup_id == bindparam("id"),
        Staff.absent_until >= bindparam("today"),
    )
    .limit(literal_column("1")),
    Staff,
)
HELD = Read(
    select(Appointment)
    .where(
        Appointment.provider_id == bindparam("provider_id"),
        Appointment.account_id == bindparam("id"),
        Appointment.state == "in_force",
    )
    .limit(literal_column("1")),
    Appointment,
)
EITHER = Read(
    select(Staff)
    .where(
        Staff.provider_id == bindparam("provider_id"),
        or_(Staff.id == bindparam("id"), Staff.id == bindparam("other_id")),
    )
    .order_by(Staff.id)
    .with_for_update(),
    Staff,
)

OF_TEAM = Read(
    select(Staff)
    .where(
        Staff.provider_id == bindparam("provider_id"),
        Staff.team_id == bindparam("team_id"),
        Staff.state == State.EMPLOYED.value,
    )
    .order_by(Staff.id)
    .with_for_update(),
    Staff,
)


async def list_staff(work: UnitOfWork, asked: StaffQuery) -> Rows[Staff]:
    """A page of the provider's members of staff."""
    return await STAFF.page(work, asked)


async def facts_of(work: UnitOfWork, person: Staff) -> Facts:
    """What the guards know of somebody who is there: what still holds them."""
    today = await today_of(work)
    headed, absent, held = await work.read_together((HEADED, STOOD_IN_FOR, HELD), id=person.id, today=today)
    return Facts(today, heads=bool(headed), stands_in=bool(absent), appointed=bool(held))


async def person_named(work: UnitOfWork, account_id: UUID | None) -> Staff | None:
    """The member of staff whom a request names, locked so that they do not leave meanwhile."""
    if account_id is None:
        return None
    found = await work.read(by_id(Staff, lock=True), id=account_id)
    return found[0] if found else None


async def is_employed(work: UnitOfWork, account_id: UUID | None) -> bool:
    """Whether a request names somebody who works for the provider, and who does not leave meanwhile."""
    return rules.is_employed(await person_named(work, account_id))


async def locked_by_id(work: UnitOfWork, account_id: UUID, other_id: UUID) -> dict[UUID, Staff]:
    """Two members of staff, as far as they are known, locked in the order of their ids."""
    return {one.id: one for one in await work.read(EITHER, id=account_id, other_id=other_id)}
