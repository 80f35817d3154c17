"""What steps do with tasks: they give them, end them and hand them over, in their own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.rows import Change, Read
from chassis.tasks.models import Task
from chassis.tasks.rules import TaskKind, listed_at

FOLLOWED = ("record_type", "record_id", "why", "level", "parameters", "clause", "due_at", "listed_at")
"""What a task that is handed over passes on to the next."""

# The state is no value: the partial index of open tasks is chosen by the statement itself.
_OPEN = (
    Task.provider_id == bindparam("provider_id"),
    Task.record_id == bindparam("record"),
    Task.why == bindparam("why"),
    text("task.state = 'open'"),
)
ENDED = Change(
    update(Task).where(*_OPEN).values(state=bindparam("to"), ended_at=bindparam("now"), ended_by=bindparam("actor")),
    Task,
)
_DUE = bindparam("due", type_=Task.due_at.type)
MOVED = Change(update(Task).where(*_OPEN).values(due_at=_DUE, listed_at=func.coalesce(_DUE, Task.made_at)), Task)
TO_HAND_OVER = Read(select(Task).where(*_OPEN, Task.level == 0).with_for_update(), Task)


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
    await work.change(ENDED, record=record_id, why=kind.why, to=state, now=work.now, actor=work.actor.name)


async def hand_over(work: UnitOfWork, record_id: UUID, kind: TaskKind, given_to: str, *, made_by: UUID) -> bool:
    """Hands the open task of a kind (not the reminders) to somebody else; False where there is none.

    The old one stays, and the new one names it.
    """
    found = await work.read(TO_HAND_OVER, record=record_id, why=kind.why)
    if not found:
        return False
    (old,) = found
    old.state, old.ended_at, old.ended_by = "handed_over", work.now, work.actor.name
    await work.flush()
    followed = {name: getattr(old, name) for name in FOLLOWED}
    _add(work, {**followed, "given_to": given_to, "made_by": made_by, "handed_from": old.id})
    return True


async def move_due(work: UnitOfWork, record_id: UUID, kind: TaskKind, due_at: datetime | None) -> None:
    """Moves the due time of the open tasks of a kind on a record."""
    await work.change(MOVED, record=record_id, why=kind.why, due=due_at)


def _add(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    work.add(Task(provider_id=work.provider_id, id=new_id(), made_at=work.now, state="open", **row))
