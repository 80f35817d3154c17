"""How the copies of who works for the provider are kept from the events of projects."""

from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.reactions import reacts_to
from contracts.base import Event
from contracts.projects import BY_MISTAKE, EVENTS, AppointmentState, DepartmentState, StaffState, TrainingState
from services.complaints.staff.models import AppointmentCopy, Copied, DepartmentCopy, StaffCopy, TrainingCopy

E = TypeVar("E", bound=Event)

QUALIFYING = frozenset({"valid", "expired"})
"""States of a training whose days of validity count; what expired was valid before."""


def _telling(state: type[E]) -> tuple[type[E], ...]:
    return tuple(event for event in EVENTS.values() if issubclass(event, state))


@reacts_to(*_telling(DepartmentState))
async def copy_department(work: UnitOfWork, received: Received[DepartmentState]) -> None:
    """Keeps the copy of a department or team."""
    told = received.data
    columns = {"code": told.code, "parent_id": told.parent_id, "head_id": told.head_id}
    active = told.state == "active"
    await _keep(work, DepartmentCopy, received.version, id=told.department_id, active=active, **columns)


@reacts_to(*_telling(StaffState))
async def copy_staff(work: UnitOfWork, received: Received[StaffState]) -> None:
    """Keeps the copy of a member of staff."""
    told = received.data
    names = ("department_id", "team_id", "absent_from", "absent_until", "backup_id", "staff_number", "post")
    columns = {name: getattr(told, name) for name in names}
    employed = told.state == "employed"
    await _keep(work, StaffCopy, received.version, id=told.account_id, employed=employed, **columns)


@reacts_to(*_telling(TrainingState))
async def copy_training(work: UnitOfWork, received: Received[TrainingState]) -> None:
    """Keeps the copy of a training."""
    told = received.data
    columns = {name: getattr(told, name) for name in ("account_id", "competence", "valid_from", "valid_until")}
    qualifies = told.state in QUALIFYING
    await _keep(work, TrainingCopy, received.version, id=told.training_id, qualifies=qualifies, **columns)


@reacts_to(*_telling(AppointmentState))
async def copy_appointment(work: UnitOfWork, received: Received[AppointmentState]) -> None:
    """Keeps the copy of an appointment."""
    told = received.data
    columns = {name: getattr(told, name) for name in ("account_id", "duty", "dedicated", "begins_on", "ends_on")}
    holds = told.cause != BY_MISTAKE
    await _keep(work, AppointmentCopy, received.version, id=told.appointment_id, holds=holds, **columns)


async def _keep(work: UnitOfWork, kind: type[Copied], version: int, **columns: Any) -> None:
    """Keeps a copy unless a newer version stands already."""
    row = {"provider_id": work.provider_id, "version": version, **columns}
    statement = insert(kind).values(row)
    newer = kind.version < statement.excluded.version
    kept = statement.on_conflict_do_update(index_elements=["provider_id", "id"], set_=row, where=newer)
    await work.session.execute(kept)
