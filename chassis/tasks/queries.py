"""Reads of tasks."""

from sqlalchemy import ARRAY, Text, bindparam, column, func, select, true, tuple_
from sqlalchemy.orm import aliased

from chassis.db import UnitOfWork
from chassis.paging import SETTLED, Rows
from chassis.tasks.models import Task
from chassis.tasks.rules import to_role
from chassis.tasks.schemas import TaskQuery, cursor_of


async def tasks_of_caller(work: UnitOfWork, asked: TaskQuery) -> Rows[Task]:
    """A page of what the caller is asked to do, as a person or in a role, the first due first.

    Each of them is read as far as the page goes, so that it costs the same however long the lists are. 422 for a cursor
    that is none.
    """
    given_to = [work.actor.name, *map(to_role, sorted(work.actor.roles))]
    every = func.unnest(bindparam("given_to", given_to, ARRAY(Text())))
    names = every.table_valued(column("name", Text()), name="names").render_derived()
    one = (
        select(Task)
        .where(Task.provider_id == work.provider_id, Task.given_to == names.c.name, Task.state == asked.state)
        .order_by(Task.listed_at, Task.id)
        .limit(asked.limit + 1)
    )
    if asked.after is not None:
        one = one.where(tuple_(Task.listed_at, Task.id) > asked.after)
    if asked.due_before is not None:
        one = one.where(Task.listed_at < asked.due_before, Task.due_at.is_not(None))
    task = aliased(Task, one.lateral("task_of_one"))
    query = select(task).select_from(names).join(task, true()).order_by(task.listed_at, task.id)
    found = (await work.session.execute(query.limit(asked.limit + 1))).scalars().all()
    items = list(found[: asked.limit])
    following = cursor_of((items[-1].listed_at, items[-1].id)) if len(found) > asked.limit else None
    return Rows(items, following, work.now - SETTLED)
