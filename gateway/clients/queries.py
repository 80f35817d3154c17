"""Reads of clients."""

from sqlalchemy import any_, exists, literal, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from gateway.clients.models import Client
from gateway.clients.rules import ADMINISTRATOR, State
from gateway.clients.schemas import ClientQuery

CLIENTS = Listing(
    Client,
    filters={"state": Client.state},
    sorts={"-updated_at": Client.updated_at, "updated_at": Client.updated_at},
    updated_at=Client.updated_at,
)


async def list_clients(work: UnitOfWork, asked: ClientQuery) -> Rows[Client]:
    """A page of the provider's clients."""
    return await CLIENTS.page(work, select(Client).where(Client.provider_id == work.provider_id), asked)


async def has_administrator(work: UnitOfWork) -> bool:
    """Whether an active client of the provider is an administrator."""
    active = (Client.provider_id == work.provider_id, Client.state == State.ACTIVE)
    found = select(exists().where(*active, literal(ADMINISTRATOR) == any_(Client.roles)))
    return bool((await work.session.execute(found)).scalar_one())
