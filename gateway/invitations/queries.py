"""Reads of invitations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.messages.models import Message
from chassis.messages.rules import UNREACHED
from chassis.paging import Listing, Rows
from chassis.sealing import ProviderVault
from gateway.credentials.rules import digest
from gateway.invitations.models import Invitation
from gateway.invitations.rules import State
from gateway.invitations.schemas import InvitationItem, InvitationQuery

INVITATIONS = Listing(
    Invitation,
    filters={"state": Invitation.state, "account_id": Invitation.account_id},
    sorts={"-updated_at": Invitation.updated_at, "updated_at": Invitation.updated_at},
    updated_at=Invitation.updated_at,
)


async def list_invitations(work: UnitOfWork, asked: InvitationQuery) -> Rows[Invitation]:
    """A page of the provider's invitations."""
    return await INVITATIONS.page(work, asked)


async def invitation_to_accept(work: UnitOfWork, secret: str) -> Invitation | None:
    """The invitation with a secret, locked for a change."""
    mine = (Invitation.provider_id == work.provider_id, Invitation.secret_hash == digest(secret))
    return (await work.session.execute(select(Invitation).where(*mine).with_for_update())).scalar_one_or_none()


async def open_invitations(work: UnitOfWork, *conditions: Any) -> Sequence[Invitation]:
    """The provider's open invitations under conditions, locked for a change."""
    open_ = (Invitation.provider_id == work.provider_id, Invitation.state == State.OPEN)
    query = select(Invitation).where(*open_, *conditions).order_by(Invitation.id).with_for_update()
    return (await work.session.execute(query)).scalars().all()


async def unreached(work: UnitOfWork, invitations: Sequence[Invitation]) -> frozenset[UUID]:
    """Of invitations, those whose message reached nobody."""
    ids = [invitation.id for invitation in invitations]
    theirs = (Message.provider_id == work.provider_id, Message.record_id.in_(ids), Message.state.in_(UNREACHED))
    return frozenset((await work.session.execute(select(Message.record_id).where(*theirs))).scalars())


def item_of(vault: ProviderVault, invitation: Invitation, now: datetime, *, notice_failed: bool) -> InvitationItem:
    """An invitation, readable."""
    name, email = invitation.open(vault)
    return InvitationItem(
        id=invitation.id,
        version=invitation.version,
        state=invitation.state,
        expired=invitation.state == State.OPEN and now >= invitation.expires_at,
        name=name,
        email=email,
        language=invitation.language,
        roles=invitation.roles,
        account_id=invitation.account_id,
        withdraw_keys=invitation.withdraw_keys,
        recovery=invitation.recovery,
        notice_failed=notice_failed,
        reason=invitation.open_field(vault, invitation.reason_sealed, "reason"),
        usable_from=invitation.usable_from,
        expires_at=invitation.expires_at,
        created_at=invitation.created_at,
        updated_at=invitation.updated_at,
    )
