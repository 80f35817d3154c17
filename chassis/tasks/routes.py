"""A service's tasks over HTTP, for whoever they are given to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from chassis.access import signed_in
from chassis.db import UnitOfWork
from chassis.exports import ListRoute
from chassis.language import Language
from chassis.service import Service
from chassis.tasks.queries import tasks_of_caller
from chassis.tasks.schemas import TaskPage, TaskQuery, task_out


def task_routes(service: str) -> APIRouter:
    """The routes of one service's tasks."""
    router = APIRouter(prefix=f"/v1/services/{service}", tags=["tasks"], route_class=ListRoute)

    async def list_tasks(
        asked: Annotated[TaskQuery, Query()],
        work: Annotated[UnitOfWork, signed_in()],
        request: Request,
        language: Language,
    ) -> TaskPage:
        """What this service asks the caller to do, as a person or in a role, the first due first."""
        return await own_tasks(work, request.app.state.service, asked, language)

    router.add_api_route("/tasks", list_tasks, name=f"list_{service}_tasks")
    return router


async def own_tasks(work: UnitOfWork, service: Service, asked: TaskQuery, language: str) -> TaskPage:
    """A page of the caller's tasks at a service, in a language."""
    rows = await tasks_of_caller(work, asked)
    items = [task_out(task, service.name, service.tasks.get(task.why), language) for task in rows.items]
    return TaskPage(items=items, next=rows.next, as_of=rows.as_of)
