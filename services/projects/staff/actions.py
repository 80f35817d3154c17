"""What is done to members of staff."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.providers import today_of
from contracts.projects import (
    StaffAbsenceEnded,
    StaffAbsenceRecorded,
    StaffChanged,
    StaffLeft,
    StaffRegistered,
    StaffRejoined,
    StaffState,
)
from services.projects.departments.queries import unit_named
from services.projects.staff.models import Staff
from services.projects.staff.queries import OF_TEAM, facts_of, locked_by_id
from services.projects.staff.rules import LIFECYCLE, Facts
from services.projects.staff.schemas import AbsenceIn, ChangeStaffIn, RegisterStaffIn, RejoinIn


async def register_staff(work: UnitOfWork, body: RegisterStaffIn) -> Staff:
    """A new member of staff; 409 for a department or team that does not fit, a number taken, and who is one already."""
    facts = await _placed(work, body.department_id, body.team_id)
    person = Staff(
        provider_id=work.provider_id,
        id=body.account_id,
        created_at=work.now,
        department_id=body.department_id,
        team_id=body.team_id,
        post=body.post,
        staff_number=body.staff_number,
        state=LIFECYCLE.begin("register", facts, body=body, actor=work.actor, now=work.now),
    )
    work.add(person)
    _record(work, person, StaffRegistered)
    return person


async def change_staff(work: UnitOfWork, account_id: UUID, body: ChangeStaffIn, expected: int) -> Staff:
    """Changes what the body names; 409 for a department or team that does not fit, and for a number taken."""
    present = await work.find(Staff, account_id)
    seen = present.version
    department_id = body.department_id or present.department_id
    team_id = body.team_id
    if "team_id" not in body.model_fields_set and department_id == present.department_id:
        team_id = present.team_id
    facts = await _placed(work, department_id, team_id)
    person = await work.load(Staff, account_id, min(expected, seen))  # what was placed is what was seen
    LIFECYCLE.advance(person, "change", facts, body=body, actor=work.actor, now=work.now)
    before = (person.department_id, person.team_id, person.post, person.staff_number)
    person.department_id, person.team_id, person.post = department_id, team_id, body.post or person.post
    if "staff_number" in body.model_fields_set:
        person.staff_number = body.staff_number
    if (person.department_id, person.team_id, person.post, person.staff_number) != before:
        _record(work, person, StaffChanged)
    return person


async def record_absence(work: UnitOfWork, account_id: UUID, body: AbsenceIn, expected: int | None) -> Staff:
    """Notes from when to when somebody is away and who stands in, in place of any absence before."""
    people = await locked_by_id(work, account_id, body.backup_id)
    person = await work.load(Staff, account_id, expected)
    facts = Facts(await today_of(work), backup=people.get(body.backup_id))
    LIFECYCLE.advance(person, "record_absence", facts, body=body, actor=work.actor, now=work.now)
    person.absent_from, person.absent_until, person.backup_id = body.absent_from, body.absent_until, body.backup_id
    _record(work, person, StaffAbsenceRecorded)
    return person


async def end_absence(work: UnitOfWork, account_id: UUID, expected: int | None) -> Staff:
    """Notes that somebody is back, or was not away after all."""
    person = await work.load(Staff, account_id, expected)
    facts = Facts(await today_of(work))
    LIFECYCLE.advance(person, "end_absence", facts, body=None, actor=work.actor, now=work.now)
    person.absent_from = person.absent_until = person.backup_id = None
    _record(work, person, StaffAbsenceEnded)
    return person


async def leave(work: UnitOfWork, account_id: UUID, expected: int | None) -> Staff:
    """Notes that somebody has left the provider; 409 names all that would be left without them."""
    person = await work.load(Staff, account_id, expected)
    facts = await facts_of(work, person)
    LIFECYCLE.advance(person, "leave", facts, body=None, actor=work.actor, now=work.now)
    person.absent_from = person.absent_until = person.backup_id = None
    _record(work, person, StaffLeft)
    return person


async def rejoin(work: UnitOfWork, account_id: UUID, body: RejoinIn, expected: int | None) -> Staff:
    """Takes somebody in again who had left."""
    await work.find(Staff, account_id)
    facts = await _placed(work, body.department_id, body.team_id)
    person = await work.load(Staff, account_id, expected)
    LIFECYCLE.advance(person, "rejoin", facts, body=body, actor=work.actor, now=work.now)
    person.department_id, person.team_id, person.post = body.department_id, body.team_id, body.post
    _record(work, person, StaffRejoined)
    return person


async def follow_team(work: UnitOfWork, team_id: UUID, department_id: UUID) -> None:
    """Has those who work in a team go along with it to another department."""
    for person in await work.read(OF_TEAM, team_id=team_id):
        person.department_id = department_id
        _record(work, person, StaffChanged)


async def _placed(work: UnitOfWork, department_id: UUID, team_id: UUID | None) -> Facts:
    department = await unit_named(work, department_id)
    return Facts(await today_of(work), department=department, team=await unit_named(work, team_id))


def _record(work: UnitOfWork, person: Staff, happened: type[StaffState]) -> None:
    names = (
        "department_id", "team_id", "post", "state", "absent_from", "absent_until", "backup_id", "staff_number",
    )  # fmt: skip
    shared = {name: getattr(person, name) for name in names}
    work.record(person, happened(account_id=person.id, **shared))
