"""Shapes of tasks on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from chassis.paging import Page, PageQuery, Place, place_of
from chassis.schemas import Moment
from chassis.tasks.models import Task
from chassis.tasks.rules import PERSON, ROLE, TaskKind

TaskState = Literal["open", "done", "handed_over", "cancelled"]


class TaskQuery(PageQuery):
    """Filters of a caller's tasks."""

    state: TaskState = "open"
    due_before: Moment | None = Field(None, description="Only what is due before this instant.")

    @property
    def after(self) -> Place | None:
        """Where the page before ended; raises a 422 problem for a cursor that is none."""
        return None if self.cursor is None else place_of(self.cursor)


class TaskOut(BaseModel):
    """What somebody is asked to do about a record."""

    service: str = Field(description="Whose record it is.")
    id: UUID
    title: str
    why: str = Field(description="The kind of task, as a code.")
    level: int = Field(description="0, or the percentage of the limit at which the clock gave it to this level.")
    record_type: str
    record_id: UUID
    clause: str | None
    person: UUID | None = Field(description="Account that it is given to.")
    role: str | None = Field(description="Role that it is given to.")
    due_at: AwareDatetime | None
    listed_at: AwareDatetime = Field(description="Lists are in this order: when it is due, else when it was made.")
    made_at: AwareDatetime
    made_by: UUID = Field(description="The event that made it.")
    state: TaskState
    ended_at: AwareDatetime | None
    ended_by: str | None
    handed_from: UUID | None = Field(description="The task that was handed over.")

    @property
    def place(self) -> tuple[datetime, UUID]:
        """Where the task stands in a list: the instant it is listed at, and its id."""
        return (self.listed_at, self.id)


class TaskPage(Page[TaskOut]):
    """A page of a caller's tasks. `next` is the same place in the list of every service."""


def task_out(task: Task, service: str, kind: TaskKind | None, language: str) -> TaskOut:
    """A task in a language; one whose kind is not known any more has its code for a title."""
    person, role = task.given_to.removeprefix(PERSON), task.given_to.removeprefix(ROLE)
    return TaskOut(
        service=service,
        id=task.id,
        title=task.why if kind is None else kind.titled(task.level, task.parameters).in_language(language),
        why=task.why,
        level=task.level,
        record_type=task.record_type,
        record_id=task.record_id,
        clause=task.clause,
        person=UUID(person) if person != task.given_to else None,
        role=role if role != task.given_to else None,
        due_at=task.due_at,
        listed_at=task.listed_at,
        made_at=task.made_at,
        made_by=task.made_by,
        state=task.state,
        ended_at=task.ended_at,
        ended_by=task.ended_by,
        handed_from=task.handed_from,
    )
