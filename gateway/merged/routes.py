"""Merged reads over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from chassis.language import Language
from chassis.runtime import runtime_of
from chassis.tasks.routes import own_tasks
from chassis.tasks.schemas import TaskPage, TaskQuery
from chassis.tokens import Caller
from chassis.trace import present_trace
from gateway.access import caller_alone
from gateway.merged.queries import ask_services, merged_tasks
from gateway.merged.schemas import MyTasks

router = APIRouter(prefix="/v1/me", tags=["tasks"])


@router.get("/tasks")
async def list_my_tasks(
    asked: Annotated[TaskQuery, Query()],
    caller: Annotated[Caller, caller_alone()],
    request: Request,
    language: Language,
) -> MyTasks:
    """What all services ask the caller to do, as a person or in a role, the first due first."""
    assert caller.provider_id is not None
    correlation = present_trace().correlation
    async with runtime_of(request).database.work(caller.provider_id, actor=caller, correlation=correlation) as work:
        own = await own_tasks(work, request.app.state.service, asked, language)
    answers = await ask_services(request, "tasks", asked.model_dump(mode="json"), TaskPage)
    return merged_tasks([own, *answers.given], asked, answers.missing)
