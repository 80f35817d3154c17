"""What several services are asked side by side, each as the caller would ask it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
from fastapi import Request
from multidict import CIMultiDict
from pydantic import BaseModel, ValidationError

from chassis import errors
from chassis.errors import Problem, not_found
from chassis.logs import log
from chassis.paging import Page, Place, cursor_of
from chassis.tokens import Caller
from chassis.trace import present_trace
from contracts.base import Text
from gateway.proxy.front import SELF
from gateway.proxy.inward import Answer, ask_own
from gateway.proxy.upstream import Upstream

A = TypeVar("A", bound=BaseModel)
I = TypeVar("I", bound=BaseModel)  # noqa: E741 - an item
SECONDS = 5.0
"""How long a service may take; one that takes longer is missing in the answer."""
PASSED_ON = ("authorization", "accept-language", "content-type", "idempotency-key", "if-match")
NOWHERE = Text("The token lacks a permission {permission} at any service.", "令牌在任何服务都缺少权限 {permission}。")
AWAY = Text(
    "No service that answered has it, and {services} cannot be reached; try again shortly.",
    "已应答的服务中没有该内容，且 {services} 暂时无法连接，请稍后再试。",
)


@dataclass(frozen=True, slots=True)
class Answers(Generic[A]):
    """The answers of the services that gave one, and the names of those that did not."""

    given: list[A]
    missing: list[str]


async def ask_services(
    request: Request, names: Iterable[str], path: str, query: dict[str, Any], shape: type[A]
) -> Answers[A]:
    """Asks services `GET /v1/services/<its name>/<path>` side by side, as the caller: token, language, trace.

    A service that cannot be reached, answers other than 200, or not within five seconds is missing; nothing is raised.
    """
    wanted = {name: value for name, value in query.items() if value is not None}
    answers = await ask_each(request, names, "GET", f"{path}?{urlencode(wanted)}" if wanted else path)
    read = {name: _read(name, answer, shape) for name, answer in answers.items()}
    missing = [name for name, page in read.items() if page is None]
    return Answers([page for page in read.values() if page is not None], missing)


async def ask_each(
    request: Request, names: Iterable[str], method: str, path: str, body: bytes = b""
) -> dict[str, Answer | None]:
    """The answers of services, the gateway perhaps among them, by name in order; None for one that gave none."""
    headers = CIMultiDict({name: request.headers[name] for name in PASSED_ON if name in request.headers})
    headers["traceparent"] = present_trace().traceparent
    ordered = sorted(names)
    asking = (_ask(request, name, method, f"/v1/services/{name}/{path}", headers.copy(), body) for name in ordered)
    return dict(zip(ordered, await asyncio.gather(*asking), strict=True))


def one_answer(answers: Mapping[str, Answer | None]) -> Answer:
    """The answer of the service that has what was asked for.

    Raises 404 when all say that they do not have it, and 503 when none has it and one is away.
    """
    away = [name for name, answer in answers.items() if answer is None or answer.status >= 500]
    found = [answer for answer in answers.values() if answer and answer.status < 500 and answer.status != 404]
    if found:  # a service without it may still refuse an Idempotency-Key that it knows from elsewhere
        return min(found, key=lambda answer: answer.status)
    if away:
        raise errors.unavailable(AWAY.filled(services=", ".join(away)))
    raise not_found()


def senders(request: Request, caller: Caller, verb: str) -> list[str]:
    """The services with messages at which a caller may do something with them; raises a 403 problem for none."""
    names = [name for name in request.app.state.senders if caller.may(f"{name}.message.{verb}")]
    if not names:
        raise Problem(errors.FORBIDDEN, NOWHERE.filled(permission=f"….message.{verb}"))
    return names


def merged(
    pages: list[Page[I]], limit: int, key: Callable[[I], tuple[datetime, UUID]], *, descending: bool = False
) -> Page[I]:
    """One page out of a page of each: they are all in the same order, and one cursor is a place in each of them.

    Raises a 503 problem where there is none.
    """
    if not pages:
        raise errors.unavailable()
    items = sorted((item for page in pages for item in page.items), key=key, reverse=descending)
    more = len(items) > limit or any(page.next for page in pages)
    items, as_of = items[:limit], min(page.as_of for page in pages)
    return Page(items=items, next=cursor_of(Place(key(items[-1]), as_of)) if more else None, as_of=as_of)


def _read(name: str, answer: Answer | None, shape: type[A]) -> A | None:
    if answer is None:
        return None
    if answer.status != 200:
        log.warning("a service refused a part of a merged answer", upstream=name, status=answer.status)
        return None
    try:
        return shape.model_validate_json(answer.body)
    except ValidationError as fault:
        log.warning("a part of a merged answer is missing", upstream=name, error=type(fault).__name__)
    return None


async def _ask(
    request: Request, name: str, method: str, path: str, headers: CIMultiDict[str], body: bytes
) -> Answer | None:
    upstream: Upstream = request.app.state.upstream
    try:
        async with asyncio.timeout(SECONDS):
            if name == SELF:
                return await ask_own(request.app, method, path, headers, body)
            async with await upstream.send(name, method, path, headers, body or None) as answer:
                return Answer(answer.status, CIMultiDict(answer.headers), await answer.read())
    except (Problem, TimeoutError, aiohttp.ClientError) as fault:
        log.warning("a part of a merged answer is missing", upstream=name, error=type(fault).__name__)
    return None
