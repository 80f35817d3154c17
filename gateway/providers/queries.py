"""Reads of providers."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.tables import Provider
from gateway.providers.models import Registration
from gateway.providers.schemas import ProviderQuery

REGISTRATIONS = Listing(
    Registration,
    filters={},
    sorts={"slug": Registration.slug, "-updated_at": Registration.updated_at},
    updated_at=Registration.updated_at,
)


async def list_providers(work: UnitOfWork, asked: ProviderQuery) -> tuple[Rows[Registration], Mapping[UUID, Provider]]:
    """A page of all providers of the installation, with the state of each; for the operator."""
    rows = await REGISTRATIONS.page(work, select(Registration), asked)
    query = select(Provider).where(Provider.id.in_([row.id for row in rows.items]))
    return rows, {one.id: one for one in (await work.session.execute(query)).scalars()}
