"""What steps do with tasks: they give them, end them and hand them over, in their own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.tasks.models import Task
from chassis.tasks.rules import TaskKind, listed_at

FOLLOWED = ("record_type", "record_id", "why", "level", "parameters", "clause", "due_at", "listed_at")
"""What a task that is handed over passes on to the next."""


def give_task(
    work: UnitOfWork,
    record_id: UUID,
    kind: TaskKind,
    given_to: str,
    *,
    made_by: UUID,
    due_at: datetime | None,
    parameters: Mapping[str, Any],
    level: int = 0,
) -> None:
    """Gives a task to a person or a role (`to_person`, `to_role`); while one is open, no second one of its level is."""
    row = {
        "record_type": kind.record,
        "record_id": record_id,
        "why": kind.why,
        "level": level,
        "parameters": dict(parameters),
        "clause": kind.clause,
        "due_at": due_at,
        "listed_at": listed_at(due_at, work.now),
    }
    _add(work, {**row, "given_to": given_to, "made_by": made_by, "handed_from": None})


async def end_tasks(
    work: UnitOfWork, record_id: UUID, kind: TaskKind, state: Literal["done", "cancelled"] = "done"
) -> None:
    """Ends the open tasks of a kind on a record, of every level: the step was taken, or is not asked for any more."""
    await work.flush(Task)
    ending = {"state": state, "ended_at": work.now, "ended_by": work.actor.name}
    await work.session.execute(update(Task).where(*_open(work, record_id, kind)).values(ending))


async def hand_over(work: UnitOfWork, record_id: UUID, kind: TaskKind, given_to: str, *, made_by: UUID) -> bool:
    """Hands the open task of a kind (not the reminders) to somebody else; False where there is none.

    The old one stays, and the new one names it.
    """
    await work.flush(Task)
    this = (*_open(work, record_id, kind), Task.level == 0)
    old = (await work.session.execute(select(Task).where(*this).with_for_update())).scalar_one_or_none()
    if old is None:
        return False
    old.state, old.ended_at, old.ended_by = "handed_over", work.now, work.actor.name
    await work.flush()
    followed = {name: getattr(old, name) for name in FOLLOWED}
    _add(work, {**followed, "given_to": given_to, "made_by": made_by, "handed_from": old.id})
    return True


async def move_due(work: UnitOfWork, record_id: UUID, kind: TaskKind, due_at: datetime | None) -> None:
    """Moves the due time of the open tasks of a kind on a record."""
    await work.flush(Task)
    moved = {"due_at": due_at, "listed_at": Task.made_at if due_at is None else due_at}
    await work.session.execute(update(Task).where(*_open(work, record_id, kind)).values(moved))


def _add(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    work.add(Task(provider_id=work.provider_id, id=new_id(), made_at=work.now, state="open", **row))


def _open(work: UnitOfWork, record_id: UUID, kind: TaskKind) -> tuple[ColumnElement[bool], ...]:
    mine = (Task.provider_id == work.provider_id, Task.record_id == record_id)
    return (*mine, Task.why == kind.why, Task.state == "open")
