"""What is done to credentials."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis import errors
from chassis.clock import Clock
from chassis.db import UnitOfWork
from chassis.tokens import LIFETIME
from contracts.base import Text
from gateway.clients.models import Client
from gateway.credentials.models import Credential, Withdrawal
from gateway.credentials.rules import KEY_PREFIX, digest, exceeding, membership_id
from gateway.members.models import Member, Membership

KEPT: timedelta = 2 * LIFETIME
BEYOND = Text("You cannot give more than you have yourself: {scope}.", "不能授予超出自身权限的角色或权限：{scope}。")


def new_secret() -> str:
    """A client's secret: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_key(key_id: UUID) -> str:
    """An API key: its id and 256 random bits."""
    return f"{KEY_PREFIX}{key_id.hex}_{secrets.token_urlsafe(32)}"


def refuse_beyond(work: UnitOfWork, scope: Iterable[str]) -> None:
    """Raises a 403 problem when the caller would give roles or permissions beyond its own."""
    beyond = exceeding(scope, work.actor)
    if beyond:
        raise errors.Problem(errors.FORBIDDEN, BEYOND.filled(scope=", ".join(beyond)))


def add_credential(work: UnitOfWork, credential_id: UUID, holder: Client | Member, shown: str) -> None:
    """Admits who shows this secret or key from now on; only its hash is stored."""
    whose = {"account_id": holder.id} if isinstance(holder, Member) else {"client_id": holder.id}
    work.add(Credential(id=credential_id, provider_id=work.provider_id, secret_hash=digest(shown), **whose))


async def end_all_access(work: UnitOfWork, clock: Clock) -> None:
    """Ends all secrets, keys and tokens of the provider at hand, everywhere within five seconds.

    Clients and members are locked against change, and so against the making of tokens, before the time is read.
    """
    holders: list[UUID] = []
    for kind in (Client, Member):
        query = select(kind.id).where(kind.provider_id == work.provider_id).order_by(kind.id).with_for_update()
        ids = (await work.session.execute(query)).scalars()
        holders += [membership_id(work.provider_id, one) if kind is Member else one for one in ids]
    at = clock()
    await _note(work, holders, at)
    for plumbing in (Credential, Membership):
        await work.session.execute(delete(plumbing).where(plumbing.provider_id == work.provider_id))


async def withdraw(work: UnitOfWork, withdrawn: UUID, at: datetime) -> None:
    """Ends the tokens of a client, a membership or an API key issued until `at`, everywhere within five seconds.

    `at` is read after the record was locked: who makes a token holds that lock too, so that none is made of what stood
    before and dated later. What no living token can match any more is deleted.
    """
    await _note(work, [withdrawn], at)
    await work.session.execute(delete(Withdrawal).where(Withdrawal.withdrawn_at < at - KEPT))


async def _note(work: UnitOfWork, withdrawn: list[UUID], at: datetime) -> None:
    statement = insert(Withdrawal)
    later = statement.on_conflict_do_update(
        index_elements=["id"], set_={"withdrawn_at": statement.excluded.withdrawn_at}
    )
    if withdrawn:
        await work.session.execute(later, [{"id": one, "withdrawn_at": at} for one in withdrawn])
