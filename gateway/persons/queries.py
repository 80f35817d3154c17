"""Reads of what the gateway holds of members and of invited persons."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from chassis.db import UnitOfWork
from chassis.persons.sources import Place, Told
from chassis.provider_keys import provider_vault
from chassis.sealing import ProviderVault
from gateway.invitations.models import Invitation
from gateway.invitations.rules import State as InvitationState
from gateway.members.models import Member
from gateway.members.rules import State as MemberState

MEMBER, INVITATION = "member", "invitation"


async def tell_member(work: UnitOfWork, person_id: UUID) -> Told | None:
    """All that is held of a member, with the invitations that were for them or made them; None for nobody."""
    member = await work.session.get(Member, (work.provider_id, person_id))
    if member is None:
        return None
    vault = await provider_vault(work)
    data = member.open(vault)._asdict() | {name: getattr(member, name) for name in ("language", "roles", "state")}
    data["joined_at"] = member.created_at
    mine = (Invitation.provider_id == work.provider_id, Invitation.account_id == person_id)
    invitations = (await work.session.execute(select(Invitation).where(*mine).order_by(Invitation.id))).scalars()
    data["invitations"] = [_invitation(vault, one) for one in invitations]
    return Told(Place(person_id, MEMBER, person_id, MEMBER), data)


async def tell_invited(work: UnitOfWork, person_id: UUID) -> Told | None:
    """All that is held of a person by an invitation, whose id is the person's; None for nobody."""
    invitation = await work.session.get(Invitation, (work.provider_id, person_id))
    if invitation is None:
        return None
    place = Place(person_id, INVITATION, person_id, INVITATION)
    return Told(place, _invitation(await provider_vault(work), invitation))


async def ended_members(work: UnitOfWork, before: datetime, most: int) -> list[Place]:
    """Members, at most so many, who were withdrawn before an instant and are not erased."""
    over = and_(Member.state == MemberState.WITHDRAWN, Member.updated_at < before, Member.wrapped_key.is_not(None))
    return await _places(work, MEMBER, _of_member(work).where(over).order_by(Member.updated_at, Member.id).limit(most))


async def ended_invitations(work: UnitOfWork, before: datetime, most: int) -> list[Place]:
    """Invitations, at most so many, used up, withdrawn or over before an instant, whose persons are not erased."""
    settled = and_(Invitation.state != InvitationState.OPEN, Invitation.updated_at < before)
    over: ColumnElement[bool] = or_(settled, Invitation.expires_at < before)
    query = _of_invitation(work).where(over, Invitation.wrapped_key.is_not(None))
    return await _places(work, INVITATION, query.order_by(Invitation.updated_at, Invitation.id).limit(most))


async def every_member(work: UnitOfWork, after: UUID | None, most: int) -> list[Place]:
    """The members whose ids follow another's, at most so many, in the order of their ids."""
    query = _of_member(work) if after is None else _of_member(work).where(Member.id > after)
    return await _places(work, MEMBER, query.order_by(Member.id).limit(most))


async def every_invitation(work: UnitOfWork, after: UUID | None, most: int) -> list[Place]:
    """The invitations whose ids follow another's, at most so many, in the order of their ids."""
    query = _of_invitation(work) if after is None else _of_invitation(work).where(Invitation.id > after)
    return await _places(work, INVITATION, query.order_by(Invitation.id).limit(most))


def _of_member(work: UnitOfWork) -> Select[UUID]:
    return select(Member.id).where(Member.provider_id == work.provider_id)


def _of_invitation(work: UnitOfWork) -> Select[UUID]:
    return select(Invitation.id).where(Invitation.provider_id == work.provider_id)


async def _places(work: UnitOfWork, record_type: str, query: Select[UUID]) -> list[Place]:
    ids = (await work.session.execute(query)).scalars()
    return [Place(one, record_type, one, record_type) for one in ids]


def _invitation(vault: ProviderVault, invitation: Invitation) -> dict[str, Any]:
    names = ("id", "language", "roles", "state", "recovery", "created_at", "expires_at")
    data = invitation.open(vault)._asdict() | {name: getattr(invitation, name) for name in names}
    return data | {"reason": invitation.open_field(vault, invitation.reason_sealed, "reason")}
