"""What is done to invitations."""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_

from chassis import errors
from chassis.db import UnitOfWork
from chassis.errors import Objection, Problem, not_found
from chassis.ids import new_id
from chassis.provider_keys import provider_vault
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_role
from contracts.base import Text
from contracts.gateway import InvitationAccepted, InvitationCreated, InvitationWithdrawn
from gateway.clients.queries import has_administrator
from gateway.clients.rules import ADMINISTRATOR
from gateway.credentials.actions import refuse_beyond
from gateway.credentials.rules import digest
from gateway.invitations.models import Invitation
from gateway.invitations.queries import invitation_to_accept, open_invitations
from gateway.invitations.rules import (
    LIFECYCLE,
    OBJECT_TO_RECOVERY,
    RECOVERY_LIVES,
    RECOVERY_WAITS,
    STAYS,
    Facts,
    link_of,
)
from gateway.invitations.schemas import AcceptIn, InviteIn, InviteMemberIn, RecoverIn
from gateway.members.models import Member, Personal
from gateway.members.queries import member_to_change
from gateway.members.rules import State as MemberState
from gateway.notices.actions import queue_invitation
from gateway.providers.models import Profile
from gateway.providers.queries import active_profile

NO_INVITATION = Text("There is no such invitation; ask for a new one.", "没有此邀请，请索取新的邀请。")
ERASED = Text(
    "The data of this member were erased; invite the person anew.", "该成员的个人信息已被删除，请重新邀请该人员。"
)
SECRET_BYTES = 16


class Invited(NamedTuple):
    """A new invitation with its secret and the link that ends with it, which are shown once."""

    invitation: Invitation
    secret: str
    link: str


class _Terms(NamedTuple):
    roles: list[str]
    usable_from: datetime
    expires_at: datetime
    account_id: UUID | None = None
    withdraw_keys: bool = False
    recovery: bool = False


async def invite(work: UnitOfWork, body: InviteIn, issuer: str) -> Invited:
    """Invites a person, by mail too where the address is known; 403 for roles beyond the caller's own."""
    refuse_beyond(work, body.roles)
    terms = _Terms(sorted(set(body.roles)), work.now, work.now + timedelta(days=body.expires_in_days))
    return await _create(work, terms, Personal(body.name, body.email), body.language, issuer)


async def invite_member(work: UnitOfWork, member_id: UUID, body: InviteMemberIn, issuer: str) -> Invited:
    """Invites a member who lost all keys, or who was withdrawn.

    404 without the member, 409 for an active one's roles and for one whose data were erased.

    What the invitation leads to may not go beyond the caller's own: 403.
    """
    member = await work.load(Member, member_id)
    if member.state == MemberState.ACTIVE and body.roles is not None:
        raise Problem(errors.REFUSED, objections=[Objection("member_active", STAYS)])
    if member.wrapped_key is None:
        raise Problem(errors.REFUSED, objections=[Objection("member_erased", ERASED)])
    roles = sorted(set(body.roles or member.roles))
    refuse_beyond(work, roles)
    terms = _Terms(
        roles if member.state == MemberState.WITHDRAWN else [],
        work.now,
        work.now + timedelta(days=body.expires_in_days),
        account_id=member.id,
        withdraw_keys=body.withdraw_keys,
    )
    return await _create(work, terms, member.open(await provider_vault(work)), member.language, issuer)


async def recover(work: UnitOfWork, body: RecoverIn, issuer: str) -> Invited:
    """The operator's invitation of an administrator, in place of an earlier one that is open; 404 for no provider.

    Where there is an administrator, it waits for 72 hours, and a task asks the administrators to withdraw it unless
    they have asked for it. 403 for a provider that is not active: the operator resumes it first, or lets it stay.
    """
    await active_profile(work)  # locked, so that of two requests one comes first
    for earlier in await open_invitations(work, Invitation.recovery):
        _withdraw(work, earlier)
        await end_tasks(work, earlier.id, OBJECT_TO_RECOVERY, "cancelled")
    usable_from = work.now + RECOVERY_WAITS if await has_administrator(work) else work.now
    terms = _Terms([ADMINISTRATOR], usable_from, usable_from + RECOVERY_LIVES, recovery=True)
    return await _create(work, terms, Personal(body.name, body.email), body.language, issuer, body.reason)


async def withdraw_invitation(work: UnitOfWork, invitation_id: UUID, expected: int | None) -> Invitation:
    """Withdraws an open invitation."""
    invitation = await work.load(Invitation, invitation_id, expected)
    _withdraw(work, invitation)
    await end_tasks(work, invitation.id, OBJECT_TO_RECOVERY)
    return invitation


async def withdraw_invitations_of(work: UnitOfWork, account_id: UUID) -> None:
    """Withdraws a member's open invitations: those for the member, and those that the member has made."""
    by_member = Invitation.made_by == f"person:{account_id}"
    for invitation in await open_invitations(work, or_(Invitation.account_id == account_id, by_member)):
        _withdraw(work, invitation)


async def withdraw_invitations_by(work: UnitOfWork, client_id: UUID) -> None:
    """Withdraws the open invitations that a client has made."""
    for invitation in await open_invitations(work, Invitation.made_by == f"client:{client_id}"):
        _withdraw(work, invitation)


async def accept_invitation(
    work: UnitOfWork, body: AcceptIn, account_id: UUID | None
) -> tuple[Invitation, Member | None]:
    """The invitation of a secret, used up now, and the member it is for, locked, unless somebody new comes.

    `account_id` is that of a person who is signed in. Raises 404 for another secret, 409 with what stands against it.
    """
    invitation = await invitation_to_accept(work, body.secret)
    if invitation is None:
        raise not_found(NO_INVITATION)
    member = await member_to_change(work, invitation.account_id or account_id)
    facts = Facts(account_id, None if member is None else member.state)
    LIFECYCLE.advance(invitation, "accept", facts, body=body, actor=work.actor, now=work.now)
    invitation.account_id = invitation.account_id or account_id or new_id()
    work.record(invitation, InvitationAccepted(**shared(invitation)))
    await end_tasks(work, invitation.id, OBJECT_TO_RECOVERY, "cancelled")
    return invitation, member


async def _create(
    work: UnitOfWork, terms: _Terms, personal: Personal, language: str, issuer: str, reason: str | None = None
) -> Invited:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    invitation = Invitation(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        language=language,
        secret_hash=digest(secret),
        made_by=work.actor.name,
        state=LIFECYCLE.begin("create", None, body=terms, actor=work.actor, now=work.now),
        **terms._asdict(),
    )
    vault = await provider_vault(work)
    key = invitation.seal(vault, personal)
    invitation.reason_sealed = key.seal(reason, "reason")
    work.add(invitation)
    event = work.record(invitation, InvitationCreated(**shared(invitation)))
    if terms.recovery and terms.usable_from > work.now:
        role, due_at = to_role(ADMINISTRATOR), terms.usable_from
        give_task(work, invitation.id, OBJECT_TO_RECOVERY, role, made_by=event, due_at=due_at, parameters={})
    profile = await work.find(Profile, work.provider_id)
    link = link_of(issuer, profile.slug, secret)
    await queue_invitation(work, profile, invitation, key, personal.email, link)
    return Invited(invitation, secret, link)


def _withdraw(work: UnitOfWork, invitation: Invitation) -> None:
    LIFECYCLE.advance(invitation, "withdraw", None, body=None, actor=work.actor, now=work.now)
    work.record(invitation, InvitationWithdrawn(**shared(invitation)))


def shared(invitation: Invitation) -> dict[str, Any]:
    """The whole shared state of an invitation, as every event of it carries it."""
    names = ("state", "roles", "account_id", "recovery", "usable_from", "expires_at")
    return {"invitation_id": invitation.id, **{name: getattr(invitation, name) for name in names}}
