"""API keys over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.access import IfMatch, permitted
from chassis.actors import Who
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.runtime import runtime_of
from chassis.schemas import open_steps_out, tag
from gateway.access import Signed, of_person
from gateway.keys import actions, queries
from gateway.keys.models import ApiKey
from gateway.keys.rules import LIFECYCLE, Owner
from gateway.keys.schemas import KeyCreatedOut, KeyIn, KeyItem, KeyOut, KeyQuery, OwnKeyQuery

router = APIRouter(prefix="/v1", tags=["keys"], route_class=IdempotentRoute)


@router.post("/clients/{client_id}/keys", status_code=201)
async def create_key(
    client_id: UUID,
    body: KeyIn,
    work: Annotated[UnitOfWork, permitted("gateway.key.create")],
    response: Response,
    language: Language,
) -> KeyCreatedOut:
    """Issues an API key for a client (签发密钥). The key is shown in this answer only."""
    key, shown = await actions.create_key(work, client_id, body)
    out = _out(work, key, response, language)
    tag(response, key.version, f"/v1/keys/{key.id}")
    return KeyCreatedOut(**out.model_dump(), key=shown)


@router.get("/keys")
async def list_keys(
    asked: Annotated[KeyQuery, Query()], work: Annotated[UnitOfWork, permitted("gateway.key.read")]
) -> Page[KeyItem]:
    """The provider's API keys, without the keys themselves."""
    rows = await queries.list_keys(work, asked)
    return Page(items=[KeyItem.model_validate(key) for key in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/keys/{key_id}")
async def read_key(
    key_id: UUID, work: Annotated[UnitOfWork, permitted("gateway.key.read")], response: Response, language: Language
) -> KeyOut:
    """One API key, without the key itself."""
    return _out(work, await work.find(ApiKey, key_id), response, language)


@router.post("/keys/{key_id}/withdraw")
async def withdraw_key(
    key_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.key.withdraw", at_any_life=True)],
    request: Request,
    response: Response,
    language: Language,
    expected: IfMatch,
) -> KeyOut:
    """Withdraws an API key (撤销密钥); everywhere within five seconds."""
    key = await actions.withdraw_key(work, key_id, expected, runtime_of(request).clock)
    return _out(work, key, response, language)


@router.post("/me/keys", status_code=201)
async def create_own_key(
    body: KeyIn, caller: Signed, work: Annotated[UnitOfWork, of_person()], response: Response, language: Language
) -> KeyCreatedOut:
    """Issues an API key for the person who asks (签发个人密钥). The key is shown in this answer only."""
    key, shown = await actions.create_own_key(work, caller.subject, body)
    out = _out(work, key, response, language, Owner(caller))
    tag(response, key.version, f"/v1/keys/{key.id}")
    return KeyCreatedOut(**out.model_dump(), key=shown)


@router.get("/me/keys")
async def list_own_keys(
    asked: Annotated[OwnKeyQuery, Query()], caller: Signed, work: Annotated[UnitOfWork, of_person()]
) -> Page[KeyItem]:
    """The API keys of the person who asks, for this provider, without the keys themselves."""
    rows = await queries.list_own_keys(work, caller.subject, asked)
    return Page(items=[KeyItem.model_validate(key) for key in rows.items], next=rows.next, as_of=rows.as_of)


@router.post("/me/keys/{key_id}/withdraw")
async def withdraw_own_key(
    key_id: UUID,
    caller: Signed,
    work: Annotated[UnitOfWork, of_person(at_any_life=True)],
    request: Request,
    response: Response,
    language: Language,
    expected: IfMatch,
) -> KeyOut:
    """Withdraws an API key of the person who asks (撤销个人密钥); everywhere within five seconds."""
    key = await actions.withdraw_own_key(work, caller.subject, key_id, expected, runtime_of(request).clock)
    return _out(work, key, response, language, Owner(caller))


def _out(work: UnitOfWork, key: ApiKey, response: Response, language: str, actor: Who | None = None) -> KeyOut:
    tag(response, key.version)
    steps = LIFECYCLE.open_steps(key, None, actor=actor or work.actor, now=work.now)
    return KeyOut(**KeyItem.model_validate(key).model_dump(), open_steps=open_steps_out(steps, language))
