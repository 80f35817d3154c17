"""Merged reads over HTTP, and what is put to the one service that has it."""

import json
from operator import attrgetter
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from chassis.access import IfMatch
from chassis.errors import MEDIA_TYPE
from chassis.idempotency import LONGEST
from chassis.language import Language
from chassis.messages.schemas import BounceIn, MessageItem, MessageOut, MessageQuery
from chassis.paging import Page, place_of
from chassis.runtime import runtime_of
from chassis.tasks.routes import own_tasks
from chassis.tasks.schemas import TaskPage, TaskQuery
from chassis.tokens import Caller
from chassis.trace import present_trace
from gateway.access import caller_alone
from gateway.merged.queries import ask_each, ask_services, merged, one_answer, senders
from gateway.merged.schemas import AllMessages, MyTasks
from gateway.proxy.inward import Answer

KEPT_HEADERS = ("content-type", "content-language", "etag", "idempotency-replayed", "retry-after")
router = APIRouter(prefix="/v1")


@router.get("/me/tasks", tags=["tasks"])
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
    names = request.app.state.upstream.services
    answers = await ask_services(request, names, "tasks", asked.model_dump(mode="json"), TaskPage)
    page = merged([own, *answers.given], asked.limit, attrgetter("place"))
    return MyTasks(**vars(page), incomplete=answers.missing)


@router.get("/messages", tags=["messages"])
async def list_messages(
    asked: Annotated[MessageQuery, Query()], caller: Annotated[Caller, caller_alone()], request: Request
) -> AllMessages:
    """Messages to people outside of all services where the caller may read them, the youngest first."""
    if asked.cursor is not None:
        place_of(asked.cursor)
    names, query = senders(request, caller, "read"), asked.model_dump(mode="json")
    answers = await ask_services(request, names, "messages", query, Page[MessageItem])
    key = attrgetter(asked.sort.removeprefix("-"), "id")
    page = merged(answers.given, asked.limit, key, descending=asked.sort.startswith("-"))
    return AllMessages(**vars(page), incomplete=answers.missing)


@router.get("/messages/{message_id}", tags=["messages"], response_model=MessageOut)
async def read_message(message_id: UUID, caller: Annotated[Caller, caller_alone()], request: Request) -> Response:
    """A message of whichever service sent it, exactly as it was sent; the secret of a link is left out."""
    answers = await ask_each(request, senders(request, caller, "read"), "GET", f"messages/{message_id}")
    return _passed_on(one_answer(answers), request)


@router.post("/messages/{message_id}/bounce", tags=["messages"], response_model=MessageOut)
async def bounce_message(
    message_id: UUID,
    body: BounceIn,
    caller: Annotated[Caller, caller_alone()],
    request: Request,
    expected: IfMatch,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=LONGEST, description="A request repeated with its key has one effect."),
        Header(min_length=1, max_length=LONGEST, description="A request repeated with its key has one effect."),
    ] = None,
) -> Response:
    """Reports that a message came back, to whichever service sent it.

    What the mail system knows is the id in `Message-ID`, not the service. That one honours the Idempotency-Key.
    """
    names, path = senders(request, caller, "bounce"), f"messages/{message_id}/bounce"
    return _passed_on(one_answer(await ask_each(request, names, "POST", path, await request.body())), request)


def _passed_on(answer: Answer, request: Request) -> Response:
    """A service's answer as the caller's; a problem names the address that the caller asked."""
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    body = answer.body
    if headers.get("content-type") == MEDIA_TYPE:
        body = json.dumps(json.loads(body) | {"instance": request.url.path}, ensure_ascii=False).encode()
    return Response(body, answer.status, headers)
