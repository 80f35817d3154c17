"""Reads of providers."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from chassis import errors
from chassis.access import NOT_ACTIVE
from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.tables import Provider
from gateway.providers.models import Profile, Registration
from gateway.providers.rules import State
from gateway.providers.schemas import ProviderQuery

REGISTRATIONS = Listing(
    Registration,
    filters={},
    sorts={"slug": Registration.slug, "-updated_at": Registration.updated_at},
    updated_at=Registration.updated_at,
)


async def active_profile(work: UnitOfWork, expected: int | None = None) -> Profile:
    """The profile, locked for a change; 404 without it or once it is erased, 403 unless the provider is active."""
    profile = await work.load(Profile, work.provider_id, expected)
    if profile.state == State.ERASED:
        raise errors.not_found()
    if profile.state != State.ACTIVE:
        raise errors.Problem(errors.FORBIDDEN, NOT_ACTIVE)
    return profile


async def list_providers(work: UnitOfWork, asked: ProviderQuery) -> tuple[Rows[Registration], Mapping[UUID, Provider]]:
    """A page of all providers of the installation, with the state of each; for the operator."""
    rows = await REGISTRATIONS.page(work, asked)
    query = select(Provider).where(Provider.id.in_([row.id for row in rows.items]))
    return rows, {one.id: one for one in (await work.session.execute(query)).scalars()}
