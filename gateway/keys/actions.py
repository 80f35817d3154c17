"""What is done to API keys."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis import errors
from chassis.clock import Clock
from chassis.db import UnitOfWork
from chassis.errors import FieldError, Objection, Problem
from chassis.ids import new_id
from contracts.base import Text
from contracts.gateway import KeyCreated, KeyWithdrawn
from gateway.clients.models import Client
from gateway.clients.rules import withdrawn as client_withdrawn
from gateway.credentials.actions import add_credential, new_key, refuse_beyond, withdraw
from gateway.credentials.rules import covered, exceeding
from gateway.keys.models import ApiKey
from gateway.keys.queries import valid_keys_of
from gateway.keys.rules import LIFECYCLE, PERSONS_KEY, PERSONS_KEY_AT_MOST, PERSONS_KEYS, State
from gateway.keys.schemas import KeyIn
from gateway.members.models import Member
from gateway.members.rules import withdrawn as member_withdrawn

NOT_COVERED = Text("The roles behind the key do not grant this scope.", "该密钥所依据的角色不包含此权限范围。")
OVER = Text("The key would have ended already.", "该密钥的到期时间已过。")
TOO_LATE = Text("A person's key lives {days} days at most.", "个人密钥的有效期最长为 {days} 天。")
TOO_MANY = Text("You have {most} valid keys; withdraw one first.", "您已有 {most} 个有效密钥，请先撤销一个。")
NARROWED = Text(
    "A key with scopes of its own issues no keys: use one that has all your roles.",
    "限定了范围的密钥不能签发密钥，请使用具有您全部角色的密钥。",
)


async def create_key(work: UnitOfWork, client_id: UUID, body: KeyIn) -> tuple[ApiKey, str]:
    """An API key of a client, and the key itself, which is stored as a hash alone.

    Raises 404 without the client, 409 when it was withdrawn, 422 for scopes beyond its roles or a time that is over,
    403 for scopes beyond the caller's own.
    """
    client = await work.load(Client, client_id)
    _refuse(client_withdrawn(client))
    _refuse_invalid([*_scope_faults(client, body.scopes), *_time_faults(work.now, body.expires_at)])
    refuse_beyond(work, body.scopes or client.roles)
    return _create(work, client, body.name, body.scopes, body.expires_at)


async def create_own_key(work: UnitOfWork, account_id: UUID, body: KeyIn) -> tuple[ApiKey, str]:
    """An API key that a person makes for themselves; without a time it lives 90 days, at most 365.

    Raises 403 for a caller whose own key is narrowed, 409 for too many keys, 422 as `create_key`.
    """
    member = await work.load(Member, account_id)
    _refuse(member_withdrawn(member))
    if exceeding(member.roles, work.actor):
        raise Problem(errors.FORBIDDEN, NARROWED)
    _refuse_invalid([*_scope_faults(member, body.scopes), *_time_faults(work.now, body.expires_at, person=True)])
    if await valid_keys_of(work, account_id) >= PERSONS_KEYS:
        _refuse(Objection("too_many_keys", TOO_MANY.filled(most=PERSONS_KEYS)))
    return _create(work, member, body.name, body.scopes, body.expires_at or work.now + PERSONS_KEY)


def create_first_key(work: UnitOfWork, member: Member, name: str, expires_at: datetime | None) -> tuple[ApiKey, str]:
    """The key that a person gets by an invitation; 422 for a time that is over or too late."""
    _refuse_invalid([*_time_faults(work.now, expires_at, person=True)])
    return _create(work, member, name, None, expires_at or work.now + PERSONS_KEY)


async def withdraw_key(work: UnitOfWork, key_id: UUID, expected: int | None, clock: Clock) -> ApiKey:
    """Withdraws one key; the tokens made of it end within five seconds."""
    key = await work.load(ApiKey, key_id, expected)
    await _withdraw(work, key, clock)
    return key


async def withdraw_own_key(
    work: UnitOfWork, account_id: UUID, key_id: UUID, expected: int | None, clock: Clock
) -> ApiKey:
    """Withdraws one key of a person by themselves; 404 for a key of somebody else."""
    if (await work.find(ApiKey, key_id)).account_id != account_id:
        raise errors.not_found()
    return await withdraw_key(work, key_id, expected, clock)


async def withdraw_keys_of(work: UnitOfWork, holder: Client | Member, clock: Clock) -> None:
    """Withdraws all keys of a client or a member that are active."""
    column = ApiKey.account_id if isinstance(holder, Member) else ApiKey.client_id
    active = select(ApiKey).where(
        ApiKey.provider_id == work.provider_id, column == holder.id, ApiKey.state == State.ACTIVE
    )
    for key in (await work.session.execute(active.order_by(ApiKey.id).with_for_update())).scalars().all():
        await _withdraw(work, key, clock)


def _create(
    work: UnitOfWork, holder: Client | Member, name: str, scopes: list[str] | None, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    key = ApiKey(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        client_id=holder.id if isinstance(holder, Client) else None,
        account_id=holder.id if isinstance(holder, Member) else None,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        state=LIFECYCLE.begin("create", None, body=None, actor=work.actor, now=work.now),
    )
    shown = new_key(key.id)
    work.add(key)
    add_credential(work, key.id, holder, shown)
    work.record(key, KeyCreated(**_shared(key)))
    return key, shown


async def _withdraw(work: UnitOfWork, key: ApiKey, clock: Clock) -> None:
    LIFECYCLE.advance(key, "withdraw", None, body=None, actor=work.actor, now=work.now)
    await withdraw(work, key.id, clock())
    work.record(key, KeyWithdrawn(**_shared(key)))


def _refuse(objection: Objection | None) -> None:
    if objection is not None:
        raise Problem(errors.REFUSED, objections=[objection])


def _refuse_invalid(faults: Sequence[FieldError]) -> None:
    if faults:
        raise Problem(errors.INVALID, errors=faults)


def _scope_faults(holder: Client | Member, scopes: Sequence[str] | None) -> Iterator[FieldError]:
    asked = scopes or ()
    within = covered(asked, holder.roles)
    for place, scope in enumerate(asked):
        if scope not in within:
            yield FieldError(f"/scopes/{place}", "scope_not_covered", NOT_COVERED)


def _time_faults(now: datetime, expires_at: datetime | None, *, person: bool = False) -> Iterator[FieldError]:
    if expires_at is not None and expires_at <= now:
        yield FieldError("/expires_at", "over", OVER)
    if person and expires_at is not None and expires_at > now + PERSONS_KEY_AT_MOST:
        yield FieldError("/expires_at", "too_late", TOO_LATE.filled(days=PERSONS_KEY_AT_MOST.days))


def _shared(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.id,
        "client_id": key.client_id or key.account_id,
        "account_id": key.account_id,
        "state": key.state,
        "scopes": key.scopes,
        "expires_at": key.expires_at,
    }
