"""Reads of several services side by side, each as the caller would ask it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import aiohttp
from fastapi import Request
from multidict import CIMultiDict
from pydantic import BaseModel, ValidationError

from chassis.errors import Problem
from chassis.logs import log
from chassis.tasks.schemas import TaskPage, TaskQuery, cursor_of
from chassis.trace import present_trace
from gateway.merged.schemas import MyTasks
from gateway.proxy.upstream import Upstream

A = TypeVar("A", bound=BaseModel)
SECONDS = 5.0
"""How long a service may take; one that takes longer is missing in the answer."""
PASSED_ON = ("authorization", "accept-language", "x-forwarded-for")


@dataclass(frozen=True, slots=True)
class Answers(Generic[A]):
    """The answers of the services that gave one, and the names of those that did not."""

    given: list[A]
    missing: list[str]


async def ask_services(request: Request, path: str, query: dict[str, Any], shape: type[A]) -> Answers[A]:
    """Asks every service `GET /v1/services/<its name>/<path>` side by side, as the caller: token, language, trace.

    A service that cannot be reached, answers other than 200, or not within five seconds is missing; nothing is raised.
    """
    upstream: Upstream = request.app.state.upstream
    headers = CIMultiDict({name: request.headers[name] for name in PASSED_ON if name in request.headers})
    headers["traceparent"] = present_trace().traceparent
    wanted = {name: value for name, value in query.items() if value is not None}
    tail = f"{path}?{urlencode(wanted)}" if wanted else path
    names = sorted(upstream.services)
    asking = (_ask(upstream, name, f"/v1/services/{name}/{tail}", headers.copy(), shape) for name in names)
    answers = dict(zip(names, await asyncio.gather(*asking), strict=True))
    missing = [name for name, answer in answers.items() if answer is None]
    return Answers([answer for answer in answers.values() if answer is not None], missing)


def merged_tasks(pages: list[TaskPage], asked: TaskQuery, missing: list[str]) -> MyTasks:
    """One page out of a page of each: they are all in the same order, and one cursor is a place in each of them."""
    items = sorted((task for page in pages for task in page.items), key=lambda task: task.place)
    more = len(items) > asked.limit or any(page.next for page in pages)
    items = items[: asked.limit]
    return MyTasks(
        items=items,
        next=cursor_of(items[-1].place) if more else None,
        as_of=min(page.as_of for page in pages),
        incomplete=missing,
    )


async def _ask(upstream: Upstream, name: str, path: str, headers: CIMultiDict[str], shape: type[A]) -> A | None:
    try:
        async with asyncio.timeout(SECONDS), await upstream.send(name, "GET", path, headers, None) as answer:
            body = await answer.read()
            if answer.status == 200:
                return shape.model_validate_json(body)
            log.warning("a service refused a part of a merged answer", upstream=name, status=answer.status)
    except (Problem, TimeoutError, aiohttp.ClientError, ValidationError) as fault:
        log.warning("a part of a merged answer is missing", upstream=name, error=type(fault).__name__)
    return None
