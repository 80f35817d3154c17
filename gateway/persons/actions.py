"""Erasing members and invited persons: their key is destroyed, the record stays with its roles, times and journal."""

from uuid import UUID

from sqlalchemy import update

from chassis.db import UnitOfWork
from chassis.errors import REFUSED, Objection, Problem
from contracts.base import Text
from gateway.invitations.actions import withdraw_invitations_of
from gateway.invitations.models import Invitation
from gateway.invitations.rules import State as InvitationState
from gateway.members.models import Member
from gateway.members.rules import State as MemberState

ACTIVE = Text("The member is active: withdraw the member first.", "该成员仍有效，请先停用该成员。")
STILL_OPEN = Text("The invitation is open: withdraw it first.", "该邀请仍有效，请先撤回。")


async def erase_member(work: UnitOfWork, person_id: UUID) -> dict[str, int]:
    """Destroys the keys of a withdrawn member and of the invitations that were theirs; rows by table.

    Open invitations of the member are withdrawn. 409 for an active member.
    """
    await withdraw_invitations_of(work, person_id)  # before the member is locked: so does who accepts one
    member = await work.load(Member, person_id)
    if member.state != MemberState.WITHDRAWN:
        raise Problem(REFUSED, objections=[Objection("member_active", ACTIVE)])
    member.wrapped_key = None
    theirs = (Invitation.provider_id == work.provider_id, Invitation.account_id == person_id)
    readable = update(Invitation).where(*theirs, Invitation.wrapped_key.is_not(None)).values(wrapped_key=None)
    invitations = (await work.session.execute(readable.returning(Invitation.id))).all()
    return {"member": 1, "invitation": len(invitations)}


async def erase_invited(work: UnitOfWork, person_id: UUID) -> dict[str, int]:
    """Destroys the key of an invitation that can be accepted no more; rows by table. 409 for one that can."""
    invitation = await work.load(Invitation, person_id)
    if invitation.state == InvitationState.OPEN and work.now < invitation.expires_at:
        raise Problem(REFUSED, objections=[Objection("invitation_open", STILL_OPEN)])
    invitation.wrapped_key = None
    return {"invitation": 1}
