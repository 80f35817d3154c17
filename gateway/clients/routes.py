"""Clients over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.access import IfMatch, RequiredIfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.runtime import runtime_of
from chassis.schemas import open_steps_out, tag
from gateway.access import over_provider
from gateway.clients import actions, queries
from gateway.clients.models import Client
from gateway.clients.rules import LIFECYCLE
from gateway.clients.schemas import ClientChangeIn, ClientCreatedOut, ClientIn, ClientItem, ClientOut, ClientQuery

router = APIRouter(prefix="/v1", tags=["clients"], route_class=IdempotentRoute)


@router.post("/clients", status_code=201)
async def create_client(
    body: ClientIn,
    work: Annotated[UnitOfWork, permitted("gateway.client.create")],
    response: Response,
    language: Language,
) -> ClientCreatedOut:
    """Registers a machine that acts for the provider (登记客户端). Its secret is shown in this answer only."""
    return await _created(work, *await actions.create_client(work, body), response, language)


@router.post("/providers/{provider_id}/clients", status_code=201)
async def create_first_administrator(
    provider_id: UUID,
    body: ClientIn,
    work: Annotated[UnitOfWork, over_provider("gateway.client.create")],
    response: Response,
    language: Language,
) -> ClientCreatedOut:
    """Registers the administrator that a provider begins with; refused as soon as it has one."""
    return await _created(work, *await actions.create_first_administrator(work, body), response, language)


@router.get("/clients")
async def list_clients(
    asked: Annotated[ClientQuery, Query()], work: Annotated[UnitOfWork, permitted("gateway.client.read")]
) -> Page[ClientItem]:
    """The provider's clients."""
    rows = await queries.list_clients(work, asked)
    items = [ClientItem.model_validate(client) for client in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/clients/{client_id}")
async def read_client(
    client_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.client.read")],
    response: Response,
    language: Language,
) -> ClientOut:
    """One client."""
    return await _out(work, await work.find(Client, client_id), response, language)


@router.patch("/clients/{client_id}")
async def change_client(
    client_id: UUID,
    body: ClientChangeIn,
    work: Annotated[UnitOfWork, permitted("gateway.client.change")],
    request: Request,
    response: Response,
    language: Language,
    expected: RequiredIfMatch,
) -> ClientOut:
    """Changes a client's name or roles; what it did with the roles of before ends within five seconds."""
    client = await actions.change_client(work, client_id, body, expected, runtime_of(request).clock)
    return await _out(work, client, response, language)


@router.post("/clients/{client_id}/withdraw")
async def withdraw_client(
    client_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.client.withdraw", at_any_life=True)],
    request: Request,
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ClientOut:
    """Withdraws a client with all its keys and tokens (停用); everywhere within five seconds."""
    client = await actions.withdraw_client(work, client_id, expected, runtime_of(request).clock)
    return await _out(work, client, response, language)


async def _out(work: UnitOfWork, client: Client, response: Response, language: str) -> ClientOut:
    tag(response, client.version)
    steps = LIFECYCLE.open_steps(client, await queries.facts_of(work, client), actor=work.actor, now=work.now)
    return ClientOut(**ClientItem.model_validate(client).model_dump(), open_steps=open_steps_out(steps, language))


async def _created(
    work: UnitOfWork, client: Client, secret: str, response: Response, language: str
) -> ClientCreatedOut:
    out = await _out(work, client, response, language)
    tag(response, client.version, f"/v1/clients/{client.id}")
    return ClientCreatedOut(**out.model_dump(), client_secret=secret)
