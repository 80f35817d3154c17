"""Reads of members."""

from uuid import UUID

from sqlalchemy import Text, any_, bindparam, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.sealing import ProviderVault
from gateway.members.models import Member
from gateway.members.schemas import MemberItem, MemberQuery

MEMBERS = Listing(
    Member,
    filters={"state": Member.state, "role": bindparam("role", type_=Text()) == any_(Member.roles)},
    sorts={"-updated_at": Member.updated_at, "updated_at": Member.updated_at},
    updated_at=Member.updated_at,
)


async def list_members(work: UnitOfWork, asked: MemberQuery) -> Rows[Member]:
    """A page of the provider's members."""
    return await MEMBERS.page(work, asked)


async def member_to_change(work: UnitOfWork, account_id: UUID | None) -> Member | None:
    """The member with an account, locked for a change; None where there is none."""
    mine = (Member.provider_id == work.provider_id, Member.id == account_id)
    query = select(Member).where(*mine).with_for_update().execution_options(populate_existing=True)
    return None if account_id is None else (await work.session.execute(query)).scalar_one_or_none()


def item_of(vault: ProviderVault, member: Member) -> MemberItem:
    """A member, readable."""
    personal = member.open(vault)
    return MemberItem(
        id=member.id,
        version=member.version,
        name=personal.name,
        email=personal.email,
        language=member.language,
        roles=member.roles,
        state=member.state,
        created_at=member.created_at,
        updated_at=member.updated_at,
    )
