"""Members over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.access import IfMatch, RequiredIfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.provider_keys import provider_vault
from chassis.runtime import runtime_of
from chassis.schemas import open_steps_out, tag
from gateway.clients.queries import facts_of
from gateway.members import actions, queries
from gateway.members.models import Member
from gateway.members.rules import LIFECYCLE
from gateway.members.schemas import MemberChangeIn, MemberItem, MemberOut, MemberQuery

router = APIRouter(prefix="/v1", tags=["members"], route_class=IdempotentRoute)


@router.get("/members")
async def list_members(
    asked: Annotated[MemberQuery, Query()], work: Annotated[UnitOfWork, permitted("gateway.member.read")]
) -> Page[MemberItem]:
    """The people who work for the provider, and those who did."""
    rows = await queries.list_members(work, asked)
    vault = await provider_vault(work)
    items = [queries.item_of(vault, member) for member in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/members/{member_id}")
async def read_member(
    member_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.member.read")],
    response: Response,
    language: Language,
) -> MemberOut:
    """One member."""
    return await _out(work, await work.find(Member, member_id), response, language)


@router.patch("/members/{member_id}")
async def change_member(
    member_id: UUID,
    body: MemberChangeIn,
    work: Annotated[UnitOfWork, permitted("gateway.member.change")],
    request: Request,
    response: Response,
    language: Language,
    expected: RequiredIfMatch,
) -> MemberOut:
    """Changes a member's roles, name, address or language; what was done with the roles of before ends within five
    seconds.
    """
    member = await actions.change_member(work, member_id, body, expected, runtime_of(request).clock)
    return await _out(work, member, response, language)


@router.post("/members/{member_id}/withdraw")
async def withdraw_member(
    member_id: UUID,
    work: Annotated[UnitOfWork, permitted("gateway.member.withdraw", at_any_life=True)],
    request: Request,
    response: Response,
    language: Language,
    expected: IfMatch,
) -> MemberOut:
    """Withdraws a member with all keys and tokens for this provider (停用成员); everywhere within five seconds."""
    member = await actions.withdraw_member(work, member_id, expected, runtime_of(request).clock)
    return await _out(work, member, response, language)


async def _out(work: UnitOfWork, member: Member, response: Response, language: str) -> MemberOut:
    tag(response, member.version)
    steps = LIFECYCLE.open_steps(member, await facts_of(work, member), actor=work.actor, now=work.now)
    item = queries.item_of(await provider_vault(work), member)
    return MemberOut(**item.model_dump(), open_steps=open_steps_out(steps, language))
