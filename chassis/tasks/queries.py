"""Reads of tasks."""

from sqlalchemy import ARRAY, Text, bindparam, column, func, select, true, tuple_
from sqlalchemy.orm import aliased

from chassis.db import UnitOfWork
from chassis.paging import SETTLED, Place, Rows, cursor_of
from chassis.tasks.models import Task
from chassis.tasks.rules import to_role
from chassis.tasks.schemas import TaskQuery


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
    after, as_of = asked.after, work.now - SETTLED
    if after is not None:
        as_of = after.as_of
        one = one.where(tuple_(Task.listed_at, Task.id) > after.key)
    if asked.due_before is not None:
        one = one.where(Task.listed_at < asked.due_before, Task.due_at.is_not(None))
    task = aliased(Task, one.lateral("task_of_one"))
    query = select(task).select_from(names).join(task, true()).order_by(task.listed_at, task.id)
    found = (await work.session.execute(query.limit(asked.limit + 1))).scalars().all()
    items = list(found[: asked.limit])
    more = len(found) > asked.limit
    following = cursor_of(Place((items[-1].listed_at, items[-1].id), as_of)) if more else None
    return Rows(items, following, as_of)
