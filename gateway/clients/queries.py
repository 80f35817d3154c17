"""Reads of clients."""

from uuid import UUID

from sqlalchemy import any_, exists, literal, or_, select, true

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from gateway.clients.models import Client
from gateway.clients.rules import ADMINISTRATOR, Facts, State
from gateway.clients.schemas import ClientQuery
from gateway.members.models import Member

CLIENTS = Listing(
    Client,
    filters={"state": Client.state},
    sorts={"-updated_at": Client.updated_at, "updated_at": Client.updated_at},
    updated_at=Client.updated_at,
)


async def list_clients(work: UnitOfWork, asked: ClientQuery) -> Rows[Client]:
    """A page of the provider's clients."""
    return await CLIENTS.page(work, asked)


async def has_administrator(work: UnitOfWork, beside: UUID | None = None) -> bool:
    """Whether an active client or member of the provider is an administrator, beside the one that is named."""
    found = (
        exists().where(
            kind.provider_id == work.provider_id,
            kind.state == State.ACTIVE,
            kind.id != beside if beside is not None else true(),
            literal(ADMINISTRATOR) == any_(kind.roles),
        )
        for kind in (Client, Member)
    )
    return bool((await work.session.execute(select(or_(*found)))).scalar_one())


async def facts_of(work: UnitOfWork, holder: Client | Member) -> Facts:
    """What the guards know beside a client or a member; only that of an administrator needs to be asked."""
    matters = ADMINISTRATOR in holder.roles and holder.state == State.ACTIVE
    return Facts(await has_administrator(work, holder.id) if matters else True)
