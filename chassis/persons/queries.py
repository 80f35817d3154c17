"""Reads of erasures, of retention, and of a person's data."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.paging import Listing
from chassis.persons.hashes import email_hash, telephone_hash
from chassis.persons.models import Erasure, RetentionRule
from chassis.persons.rules import ended_before
from chassis.persons.sources import PersonDesk, PersonSource, Place, Told
from chassis.provider_keys import provider_vault
from chassis.providers import provider_of
from chassis.sealing import ProviderVault

ERASURES = Listing(
    Erasure,
    filters={"basis": Erasure.basis, "data_class": Erasure.data_class},
    sorts={"-erased_at": Erasure.erased_at},
    updated_at=Erasure.updated_at,
)


class Kept(NamedTuple):
    """A class of personal data with its years, and the persons whose time is over."""

    source: PersonSource
    years: int
    due: list[Place]


async def places_of(
    work: UnitOfWork, desk: PersonDesk, *, telephone: str | None = None, email: str | None = None
) -> list[Place]:
    """Where somebody with this telephone number or e-mail address stands, over all sources of the service."""
    hashes = contact_hashes(await provider_vault(work), telephone, email)
    return [place for one in desk.sources if one.find is not None for place in await one.find(work, hashes)]


def contact_hashes(vault: ProviderVault, telephone: str | None, email: str | None) -> list[bytes]:
    """The hashes that a telephone number and an e-mail address are found by; what is missing has none."""
    hashes = (telephone_hash(vault, telephone), email_hash(vault, email))
    return [one for one in hashes if one is not None]


async def is_erased(work: UnitOfWork, person_id: UUID) -> bool:
    """Whether there is a proof that a person's data were erased."""
    query = select(Erasure.id).where(Erasure.provider_id == work.provider_id, Erasure.person_id == person_id)
    return (await work.session.execute(query)).first() is not None


async def data_of(work: UnitOfWork, desk: PersonDesk, person_id: UUID) -> tuple[PersonSource, Told] | None:
    """All that a service holds of a person, and the source that knows the person."""
    for source in desk.sources:
        told = await source.tell(work, person_id)
        if told is not None:
            return source, told
    return None


async def retention_years(work: UnitOfWork, sources: Sequence[PersonSource]) -> Mapping[str, int]:
    """How many years each class of data is kept: the provider's own rule, or the default."""
    query = select(RetentionRule.data_class, RetentionRule.years).where(RetentionRule.provider_id == work.provider_id)
    own = {row.data_class: row.years for row in await work.session.execute(query)}
    return {source.data_class: own.get(source.data_class, source.kept_years) for source in sources}


async def over_time(work: UnitOfWork, sources: Sequence[PersonSource], most: int) -> list[Kept]:
    """Each class of data, with at most so many persons whose time is over; this is the dry run of the retention job."""
    years = await retention_years(work, sources)
    return [
        Kept(one, years[one.data_class], await one.ended(work, ended_before(work.now, years[one.data_class]), most))
        for one in sources
    ]


async def on_hold(work: UnitOfWork) -> bool:
    """Whether a legal hold keeps everything of the provider."""
    return (await provider_of(work)).legal_hold
