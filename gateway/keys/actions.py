"""What is done to API keys."""

from uuid import UUID

from sqlalchemy import select

from chassis import errors
from chassis.clock import Clock
from chassis.db import UnitOfWork
from chassis.errors import FieldError, Problem
from chassis.ids import new_id
from contracts.base import Text
from contracts.gateway import KeyCreated, KeyWithdrawn
from gateway.clients.models import Client
from gateway.clients.rules import withdrawn
from gateway.credentials.actions import add_credential, new_key, refuse_beyond, withdraw
from gateway.credentials.rules import covered
from gateway.keys.models import ApiKey
from gateway.keys.rules import LIFECYCLE, State
from gateway.keys.schemas import KeyIn

NOT_COVERED = Text("The client's roles do not grant {scope}.", "该客户端的角色不包含 {scope}。")
OVER = Text("The key would have ended already.", "该密钥的到期时间已过。")


async def create_key(work: UnitOfWork, client_id: UUID, body: KeyIn) -> tuple[ApiKey, str]:
    """An API key of a client, and the key itself, which is stored as a hash alone.

    Raises 404 without the client, 409 when it was withdrawn, 422 for scopes beyond its roles or a time that is over,
    403 for scopes beyond the caller's own.
    """
    client = await work.load(Client, client_id)
    if (objection := withdrawn(client)) is not None:
        raise Problem(errors.REFUSED, objections=[objection])
    _refuse_invalid(work, client, body)
    refuse_beyond(work, body.scopes or client.roles)
    key = ApiKey(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        client_id=client.id,
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        state=LIFECYCLE.begin("create", None, body=body, actor=work.actor, now=work.now),
    )
    shown = new_key(key.id)
    work.add(key)
    add_credential(work, key.id, client.id, shown)
    work.record(key, KeyCreated(**_shared(key)))
    return key, shown


async def withdraw_key(work: UnitOfWork, key_id: UUID, expected: int | None, clock: Clock) -> ApiKey:
    """Withdraws one key; the tokens made of it end within five seconds."""
    key = await work.load(ApiKey, key_id, expected)
    await _withdraw(work, key, clock)
    return key


async def withdraw_keys_of(work: UnitOfWork, client_id: UUID, clock: Clock) -> None:
    """Withdraws all keys of a client that are active."""
    active = select(ApiKey).where(
        ApiKey.provider_id == work.provider_id, ApiKey.client_id == client_id, ApiKey.state == State.ACTIVE
    )
    for key in (await work.session.execute(active.order_by(ApiKey.id).with_for_update())).scalars().all():
        await _withdraw(work, key, clock)


async def _withdraw(work: UnitOfWork, key: ApiKey, clock: Clock) -> None:
    LIFECYCLE.advance(key, "withdraw", None, body=None, actor=work.actor, now=work.now)
    await withdraw(work, key.id, clock())
    work.record(key, KeyWithdrawn(**_shared(key)))


def _refuse_invalid(work: UnitOfWork, client: Client, body: KeyIn) -> None:
    asked = body.scopes or ()
    within = covered(asked, client.roles)
    faults = [
        FieldError(f"/scopes/{place}", "scope_not_covered", NOT_COVERED.filled(scope=scope))
        for place, scope in enumerate(asked)
        if scope not in within
    ]
    if body.expires_at is not None and body.expires_at <= work.now:
        faults.append(FieldError("/expires_at", "over", OVER))
    if faults:
        raise Problem(errors.INVALID, errors=faults)


def _shared(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.id,
        "client_id": key.client_id,
        "state": key.state,
        "scopes": key.scopes,
        "expires_at": key.expires_at,
    }
