"""A service's messages over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.messages import actions, queries
from chassis.messages.actions import Events
from chassis.messages.models import Message
from chassis.messages.rules import SYSTEM_ALONE, lifecycle
from chassis.messages.schemas import BounceIn, HeaderOut, MessageItem, MessageOut, MessageQuery
from chassis.paging import Page
from chassis.provider_keys import provider_vault
from chassis.schemas import open_steps_out, tag
from chassis.service import Service

Admit = Callable[[UnitOfWork, UUID], Awaitable[None]]


async def _anyone(work: UnitOfWork, record_id: UUID) -> None:
    """Nothing stands against it."""


def message_routes(service: str, events: Events, admit: Admit = _anyone) -> APIRouter:
    """The routes of one service's messages; `events` are its own, by state.

    `admit` raises a 403 problem for one who may not see the messages about a record.
    """
    router = APIRouter(prefix=f"/v1/services/{service}/messages", tags=["messages"], route_class=IdempotentRoute)
    read = permitted(f"{service}.message.read")

    async def list_messages(
        asked: Annotated[MessageQuery, Query()], work: Annotated[UnitOfWork, read]
    ) -> Page[MessageItem]:
        """Messages to people outside, the youngest first; recipients are masked."""
        rows = await queries.list_messages(work, asked)
        vault = await provider_vault(work)
        items = []
        for message in rows.items:
            recipient = queries.masked(queries.open_message(vault, message).recipient)
            items.append(MessageItem(**_plain(service, message), recipient=recipient))
        return Page(items=items, next=rows.next, as_of=rows.as_of)

    async def read_message(
        message_id: UUID,
        work: Annotated[UnitOfWork, read],
        request: Request,
        response: Response,
        language: Language,
    ) -> MessageOut:
        """A message exactly as it was sent, with its headers; the secret of a link is left out."""
        message = await work.find(Message, message_id)
        await admit(work, message.record_id)
        tag(response, message.version)
        return await _out(work, request.app.state.service, message, language)

    router.add_api_route("", list_messages, name=f"list_{service}_messages")
    router.add_api_route("/{message_id}", read_message, name=f"read_{service}_message")
    _offer_bounce(router, service, events)
    return router


def _offer_bounce(router: APIRouter, service: str, events: Events) -> None:
    report = permitted(f"{service}.message.bounce")

    async def bounce_message(
        message_id: UUID,
        body: BounceIn,
        work: Annotated[UnitOfWork, report],
        request: Request,
        response: Response,
        language: Language,
        expected: IfMatch,
    ) -> MessageOut:
        """Reports that a message came back; it is a fact on the record that the message is about."""
        message = await actions.bounce(work, events, message_id, body, expected)
        tag(response, message.version)
        return await _out(work, request.app.state.service, message, language)

    path, name = "/{message_id}/bounce", f"bounce_{service}_message"
    router.add_api_route(path, bounce_message, name=name, methods=["POST"])


def _plain(service: str, message: Message) -> dict[str, Any]:
    names = MessageItem.model_fields.keys() - {"service", "recipient"}
    return {"service": service, **{name: getattr(message, name) for name in names}}


async def _out(work: UnitOfWork, service: Service, message: Message, language: str) -> MessageOut:
    opened = queries.open_message(await provider_vault(work), message)
    kind = next((one.kind for one in service.messages if one.kind.code == message.kind), None)
    life = lifecycle(service.name)
    steps = life.open_steps(message, None, actor=work.actor, now=work.now)
    for_callers = [one for one in steps if life.steps[one.step].permission != SYSTEM_ALONE]
    headers = queries.headers_of(opened.mail) if opened.mail is not None else None
    return MessageOut(
        **_plain(service.name, message),
        **queries.shown(opened, kind)._asdict(),
        made_by=message.made_by,
        headers=[HeaderOut(name=name, value=value) for name, value in headers] if headers is not None else None,
        sha256=message.sha256,
        open_steps=open_steps_out(for_callers, language),
    )
