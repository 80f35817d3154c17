"""What is done to members."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete

from chassis import errors
from chassis.clock import Clock
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.provider_keys import provider_vault
from contracts.base import Text
from contracts.gateway import MemberChanged, MemberJoined, MemberWithdrawn
from gateway.clients.queries import facts_of
from gateway.clients.rules import last_administrator
from gateway.credentials.actions import refuse_beyond, withdraw
from gateway.credentials.rules import membership_id
from gateway.invitations.actions import accept_invitation, withdraw_invitations_of
from gateway.invitations.models import Invitation
from gateway.invitations.schemas import AcceptIn
from gateway.keys.actions import create_first_key, withdraw_keys_of
from gateway.keys.models import ApiKey
from gateway.members.models import Member, Membership, Personal
from gateway.members.rules import LIFECYCLE, State, withdrawn
from gateway.members.schemas import MemberChangeIn
from gateway.providers.models import Profile

FIRST_KEY = Text("First key", "首个密钥")


class Joined(NamedTuple):
    """A member by an invitation, with a new key and the key itself, which is shown once."""

    member: Member
    key: ApiKey
    shown: str


async def join(work: UnitOfWork, body: AcceptIn, account_id: UUID | None, clock: Clock) -> Joined:
    """Takes a person in who has an invitation's secret: for the first time, again, or with a new key only.

    `account_id` is that of a person who is signed in at another provider. Raises 404 for another secret, 409 for an
    invitation that is used up, over, not usable yet or for another person, 422 for a time of the key that is no good.
    """
    invitation, member = await accept_invitation(work, body, account_id)
    happened: type[MemberJoined | MemberChanged] | None = MemberJoined
    if member is None:
        member = await _new_member(work, invitation, body)
    elif member.state == State.WITHDRAWN:
        LIFECYCLE.advance(member, "rejoin", None, body=body, actor=work.actor, now=work.now)
        member.roles = invitation.roles
    else:
        happened = None if body.name is None else MemberChanged
    if body.name is not None:
        vault = await provider_vault(work)
        member.seal(vault, member.open(vault)._replace(name=body.name))
    if happened is MemberJoined:
        work.add(Membership(account_id=member.id, provider_id=work.provider_id))
    if happened is not None:
        work.record(member, happened(**_shared(member)))
    if invitation.withdraw_keys:
        await withdraw_keys_of(work, member, clock)
    name = FIRST_KEY.in_language(member.language)
    return Joined(member, *create_first_key(work, member, name, body.expires_at))


async def change_member(work: UnitOfWork, member_id: UUID, body: MemberChangeIn, expected: int, clock: Clock) -> Member:
    """Changes what the body names; tokens with the roles of before end within five seconds. 412 unless at `expected`.

    Raises 403 for roles beyond the caller's own, 409 for a withdrawn member and for the last administrator's role.
    """
    if body.roles is not None:
        await work.load(Profile, work.provider_id)  # locked, so that of two last administrators one stays
        await withdraw_invitations_of(work, member_id)  # what was to lead to the roles of before
    member = await work.load(Member, member_id, expected)
    objection = withdrawn(member)
    if objection is None and body.roles is not None:
        objection = last_administrator(member, await facts_of(work, member), body.roles)
    if objection is not None:
        raise Problem(errors.REFUSED, objections=[objection])
    changed = await _describe(work, member, body)
    if body.roles is not None and sorted(set(body.roles)) != member.roles:
        refuse_beyond(work, body.roles)
        member.roles, changed = sorted(set(body.roles)), True
        await withdraw(work, membership_id(work.provider_id, member.id), clock())
    if changed:
        work.record(member, MemberChanged(**_shared(member)))
    return member


async def withdraw_member(work: UnitOfWork, member_id: UUID, expected: int | None, clock: Clock) -> Member:
    """Withdraws a member with the keys, tokens and open invitations here; what is at other providers stays."""
    await work.load(Profile, work.provider_id)  # locked, so that of two last administrators one stays
    await withdraw_invitations_of(work, member_id)
    member = await work.load(Member, member_id, expected)
    facts = await facts_of(work, member)
    LIFECYCLE.advance(member, "withdraw", facts, body=None, actor=work.actor, now=work.now)
    await withdraw(work, membership_id(work.provider_id, member.id), clock())
    await withdraw_keys_of(work, member, clock)
    gone = delete(Membership).where(Membership.account_id == member.id, Membership.provider_id == work.provider_id)
    await work.session.execute(gone)
    work.record(member, MemberWithdrawn(**_shared(member)))
    return member


async def _new_member(work: UnitOfWork, invitation: Invitation, body: AcceptIn) -> Member:
    vault = await provider_vault(work)
    member = Member(
        provider_id=work.provider_id,
        id=invitation.account_id,
        created_at=work.now,
        language=invitation.language,
        roles=invitation.roles,
        state=LIFECYCLE.begin("join", None, body=body, actor=work.actor, now=work.now),
    )
    member.seal(vault, invitation.open(vault))
    work.add(member)
    return member


async def _describe(work: UnitOfWork, member: Member, body: MemberChangeIn) -> bool:
    vault = await provider_vault(work)
    before = member.open(vault)
    after = Personal(body.name or before.name, body.email or before.email)
    language = body.language or member.language
    if (after, language) == (before, member.language):
        return False
    member.seal(vault, after)
    member.language = language
    return True


def _shared(member: Member) -> dict[str, object]:
    return {"account_id": member.id, "state": member.state, "roles": member.roles}
