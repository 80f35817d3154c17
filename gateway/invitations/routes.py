"""Invitations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.access import IfMatch, open_to_all, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.provider_keys import provider_vault
from chassis.runtime import runtime_of
from chassis.schemas import open_steps_out, tag
from gateway.access import Signed, joining, over_provider
from gateway.invitations import actions, queries
from gateway.invitations.models import Invitation
from gateway.invitations.rules import LIFECYCLE, Facts
from gateway.invitations.schemas import (
    AcceptedOut,
    AcceptIn,
    InvitationCreatedOut,
    InvitationItem,
    InvitationOut,
    InvitationQuery,
    InviteIn,
    InviteMemberIn,
    JoinIn,
    RecoverIn,
)
from gateway.members.actions import Joined, join
from gateway.members.queries import item_of

router = APIRouter(prefix="/v1", tags=["invitations"], route_class=IdempotentRoute)


@router.post("/invitations", status_code=201)
async def invite_person(
    body: InviteIn,
    work: Annotated[UnitOfWork, permitted("gateway.invitation.create")],
    request: Request,
    response: Response,
    language: Language,
) -> InvitationCreatedOut:
    """Invites a person to work for the provider (邀请). The link is shown in this answer only.

    Where the address is known, it goes to the person by mail too.
    """
    return await _created(work, await actions.invite(work, body, _issuer(request)), response, language)


@router.post("/members/{member_id}/invitations", status_code=201)
async def invite_member(
    member_id: UUID,
    body: InviteMemberIn,
    work: Annotated[UnitOfWork, permitted("gateway.invitation.create")],
    request: Request,
    response: Response,
    language: Language,
) -> InvitationCreatedOut:
    """Invites a member again: an active one gets a new key by it, one who was withdrawn comes back."""
    invited = await actions.invite_member(work, member_id, body, _issuer(request))
    return await _created(work, invited, response, language)


@router.post("/providers/{provider_id}/recover", status_code=201)
async def recover_provider(
    provider_id: UUID,
    body: RecoverIn,
    work: Annotated[UnitOfWork, over_provider("gateway.provider.recover")],
    request: Request,
    response: Response,
    language: Language,
) -> InvitationCreatedOut:
    """Invites an administrator to a provider that has lost its own (恢复供方管理员).

    The invitation is usable at once where no active administrator is left. Else it is from 72 hours later, and until it
    is accepted the provider's administrators see it in their list and can withdraw it.
    """
    return await _created(work, await actions.recover(work, body, _issuer(request)), response, language)


@router.get("/invitations")
async def list_invitations(
    asked: Annotated[InvitationQuery, Query()], work: Annotated[UnitOfWork, permitted("gateway.invitation.read")]
) -> Page[InvitationItem]:
    """The provider's invitations, without their secrets."""
    rows = await queries.list_invitations(work, asked)
    vault = await provider_vault(work)
    failed = await queries.unreached(work, rows.items)
    items = [queries.item_of(vault, one, work.now, notice_failed=one.id in failed) for one in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/invitations/{invitation_id}")
async def read_invitation(
    invitation_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.invitation.read")],
    response: Response,
    language: Language,
) -> InvitationOut:
    """One invitation, without its secret."""
    return await _out(work, await work.find(Invitation, invitation_id), response, language)


@router.post("/invitations/{invitation_id}/withdraw")
async def withdraw_invitation(
    invitation_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.invitation.withdraw", at_any_life=True)],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> InvitationOut:
    """Withdraws an invitation (撤回邀请); its link leads nowhere from now on."""
    return await _out(work, await actions.withdraw_invitation(work, invitation_id, expected), response, language)


@router.post("/public/{provider}/invitations/accept", status_code=201)
async def accept_invitation(
    body: AcceptIn, work: Annotated[UnitOfWork, open_to_all()], request: Request
) -> AcceptedOut:
    """Accepts an invitation by its secret (接受邀请): with an account of one's own and its first API key."""
    return await _accepted(work, await join(work, body, None, runtime_of(request).clock))


@router.post("/me/invitations/accept", status_code=201)
async def join_provider(
    body: JoinIn, caller: Signed, work: Annotated[UnitOfWork, joining()], request: Request
) -> AcceptedOut:
    """Accepts an invitation as the person who is signed in (加入另一供方): with the account that one has."""
    return await _accepted(work, await join(work, body, caller.subject, runtime_of(request).clock))


def _issuer(request: Request) -> str:
    return runtime_of(request).settings.issuer


async def _accepted(work: UnitOfWork, joined: Joined) -> AcceptedOut:
    assert joined.key.expires_at is not None
    return AcceptedOut(
        provider_id=work.provider_id,
        member=item_of(await provider_vault(work), joined.member),
        key_id=joined.key.id,
        key=joined.shown,
        key_expires_at=joined.key.expires_at,
    )


async def _out(work: UnitOfWork, invitation: Invitation, response: Response, language: str) -> InvitationOut:
    tag(response, invitation.version)
    steps = LIFECYCLE.open_steps(invitation, Facts(), actor=work.actor, now=work.now)
    failed = invitation.id in await queries.unreached(work, [invitation])
    item = queries.item_of(await provider_vault(work), invitation, work.now, notice_failed=failed)
    return InvitationOut(**item.model_dump(), open_steps=open_steps_out(steps, language))


async def _created(
    work: UnitOfWork, invited: actions.Invited, response: Response, language: str
) -> InvitationCreatedOut:
    invitation, secret, link = invited
    out = await _out(work, invitation, response, language)
    tag(response, invitation.version, f"/v1/invitations/{invitation.id}")
    return InvitationCreatedOut(**out.model_dump(), link=link, secret=secret)
