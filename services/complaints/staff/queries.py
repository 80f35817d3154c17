"""What complaints know of who works for the provider, as the steps of handling ask it."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, literal_column, or_, select
from sqlalchemy.orm import aliased

from chassis.db import UnitOfWork
from chassis.rows import Read
from contracts.projects import COMPLAINT_HANDLING
from services.complaints.staff.models import AppointmentCopy, DepartmentCopy, StaffCopy, TrainingCopy
from services.complaints.staff.rules import Span, are_near, head_above, merged

_PERSON = (StaffCopy.provider_id == bindparam("provider_id"), StaffCopy.id == bindparam("account_id"))
PERSON = Read(select(StaffCopy).where(*_PERSON), StaffCopy)
NAMED = Read(
    select(StaffCopy).where(
        StaffCopy.provider_id == bindparam("provider_id"),
        StaffCopy.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
    ),
    StaffCopy,
)
QUALIFICATION = Read(
    select(TrainingCopy)
    .where(
        TrainingCopy.provider_id == bindparam("provider_id"),
        TrainingCopy.account_id == bindparam("account_id"),
        TrainingCopy.competence == COMPLAINT_HANDLING,
        TrainingCopy.qualifies,
        TrainingCopy.valid_from <= bindparam("day"),
        TrainingCopy.valid_until >= bindparam("day"),
    )
    .limit(literal_column("1")),
    TrainingCopy,
)
APPOINTMENT = Read(
    select(AppointmentCopy)
    .where(
        AppointmentCopy.provider_id == bindparam("provider_id"),
        AppointmentCopy.account_id == bindparam("account_id"),
        AppointmentCopy.duty == COMPLAINT_HANDLING,
        AppointmentCopy.holds,
        AppointmentCopy.begins_on <= bindparam("day"),
        or_(AppointmentCopy.ends_on.is_(None), AppointmentCopy.ends_on >= bindparam("day")),
    )
    .limit(literal_column("1")),
    AppointmentCopy,
)
BOTH = Read(
    select(StaffCopy).where(
        StaffCopy.provider_id == bindparam("provider_id"),
        or_(StaffCopy.id == bindparam("account_id"), StaffCopy.id == bindparam("other_id")),
    ),
    StaffCopy,
)
HEADED = Read(
    select(DepartmentCopy).where(
        DepartmentCopy.provider_id == bindparam("provider_id"),
        DepartmentCopy.head_id == bindparam("account_id"),
        DepartmentCopy.active,
    ),
    DepartmentCopy,
)
HEADED_BY_EITHER = Read(
    select(DepartmentCopy).where(
        DepartmentCopy.provider_id == bindparam("provider_id"),
        or_(DepartmentCopy.head_id == bindparam("account_id"), DepartmentCopy.head_id == bindparam("other_id")),
    ),
    DepartmentCopy,
)
_headed = aliased(DepartmentCopy)
UNITS_AROUND = Read(
    select(DepartmentCopy).where(
        DepartmentCopy.provider_id == bindparam("provider_id"),
        or_(
            DepartmentCopy.head_id == bindparam("account_id"),
            DepartmentCopy.id.in_(select(StaffCopy.department_id).where(*_PERSON)),
            DepartmentCopy.id.in_(select(StaffCopy.team_id).where(*_PERSON)),
            DepartmentCopy.id.in_(
                select(_headed.parent_id).where(
                    _headed.provider_id == bindparam("provider_id"), _headed.head_id == bindparam("account_id")
                )
            ),
        ),
    ),
    DepartmentCopy,
)
UNITS = Read(
    select(DepartmentCopy).where(
        DepartmentCopy.provider_id == bindparam("provider_id"),
        DepartmentCopy.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
    ),
    DepartmentCopy,
)
DEPARTMENTS = Read(
    select(DepartmentCopy)
    .where(
        DepartmentCopy.provider_id == bindparam("provider_id"),
        DepartmentCopy.parent_id.is_(None),
        DepartmentCopy.active,
    )
    .limit(literal_column("2")),
    DepartmentCopy,
)
"""The departments of a provider, two at most: where there is one only, its head is the provider's (负责人)."""
HEADED_BY_ANY = Read(
    select(DepartmentCopy)
    .where(
        DepartmentCopy.provider_id == bindparam("provider_id"),
        DepartmentCopy.head_id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
        DepartmentCopy.parent_id.is_(None),
        DepartmentCopy.active,
    )
    .limit(literal_column("1")),
    DepartmentCopy,
)
"""A department that one of some accounts heads."""
DEDICATED = Read(
    select(AppointmentCopy).where(
        AppointmentCopy.provider_id == bindparam("provider_id"),
        AppointmentCopy.duty == COMPLAINT_HANDLING,
        AppointmentCopy.dedicated,
        AppointmentCopy.holds,
        AppointmentCopy.begins_on <= bindparam("last"),
        or_(AppointmentCopy.ends_on.is_(None), AppointmentCopy.ends_on >= bindparam("first")),
    ),
    AppointmentCopy,
)


class HandlingFacts(NamedTuple):
    """What bears on whether an account may handle complaints on a day.

    `known` says whether it is one of a member of staff, as far as events have told; without that all else is false.
    `qualified` is a training in handling complaints that holds that day, `appointed` an appointment to that duty.
    `backup_id` stands in while they are `absent`; `headed` are the departments and teams that they head.
    """

    known: bool
    employed: bool = False
    qualified: bool = False
    appointed: bool = False
    department_id: UUID | None = None
    team_id: UUID | None = None
    absent: bool = False
    backup_id: UUID | None = None
    headed: frozenset[UUID] = frozenset()


async def handling_facts(work: UnitOfWork, account_id: UUID, day: date) -> HandlingFacts:
    """Whether somebody may handle complaints on a day of the provider, in one round trip."""
    reads = (PERSON, QUALIFICATION, APPOINTMENT, HEADED)
    people, qualifications, appointments, headed = await work.read_together(reads, account_id=account_id, day=day)
    if not people:
        return HandlingFacts(known=False)
    (person,) = people
    absent = (
        person.absent_from is not None
        and person.absent_until is not None
        and person.absent_from <= day <= person.absent_until
    )
    return HandlingFacts(
        known=True,
        employed=person.employed,
        qualified=bool(qualifications),
        appointed=bool(appointments),
        department_id=person.department_id,
        team_id=person.team_id,
        absent=absent,
        backup_id=person.backup_id if absent else None,
        headed=frozenset(unit.id for unit in headed),
    )


async def in_direct_team(work: UnitOfWork, account_id: UUID, other_id: UUID) -> bool:
    """Whether two people are in one direct team: of one team, or without teams of one department, its head included.

    Whoever is not known here is in nobody's.
    """
    ids = {"account_id": account_id, "other_id": other_id}
    people, headed = await work.read_together((BOTH, HEADED_BY_EITHER), **ids)
    known = {person.id: person for person in people}
    if not known.keys() >= {account_id, other_id}:
        return False
    return are_near(known[account_id], known[other_id], headed)


async def next_level(work: UnitOfWork, account_id: UUID) -> UUID | None:
    """The account of the head of the next level up; None at the top, and for who is not known here."""
    people, units = await work.read_together((PERSON, UNITS_AROUND), account_id=account_id)
    return head_above(people[0], units) if people else None


async def dedicated_days(work: UnitOfWork, first: date, last: date) -> list[Span]:
    """The days from `first` to `last` on which at least one dedicated appointment for complaints held, as spans.

    Whoever asks holds them against the working days of the calendar (8.2-5).
    """
    held = await work.read(DEDICATED, first=first, last=last)
    return merged((Span(one.begins_on, one.ends_on or last) for one in held), Span(first, last))
