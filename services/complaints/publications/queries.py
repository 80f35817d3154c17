"""Reads of places of publication, and what they prove of each channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.attachments.models import Attachment
from chassis.db import UnitOfWork
from chassis.paging import Listing, PageQuery, Rows
from chassis.rows import Read
from contracts.publications import PublishedItem
from services.complaints.channels.models import ChannelVersion
from services.complaints.channels.queries import channels_at
from services.complaints.publications import rules
from services.complaints.publications.models import Publication, PublicationCheck
from services.complaints.publications.schemas import PublicationQuery

PUBLICATIONS = Listing(
    Publication,
    filters={
        "channel": Publication.channel,
        "kind": Publication.kind,
        "state": Publication.state,
        "faulty": Publication.faulty,
        "overdue": {
            True: Publication.due_at < bindparam("now"),
            False: or_(Publication.due_at.is_(None), Publication.due_at >= bindparam("now")),
        },
    },
    sorts={"-updated_at": Publication.updated_at, "updated_at": Publication.updated_at},
    updated_at=Publication.updated_at,
)
CHECKS = Listing(
    PublicationCheck,
    filters={},
    sorts={"-checked_at": PublicationCheck.checked_at},
    updated_at=PublicationCheck.entered_at,
    where=(PublicationCheck.publication_id == bindparam("publication_id"),),
)
_OF_VERSION = (
    select(PublicationCheck)
    .where(
        PublicationCheck.provider_id == bindparam("provider_id"),
        PublicationCheck.publication_id == bindparam("publication_id"),
        PublicationCheck.channel_version == bindparam("channel_version"),
    )
    .order_by(PublicationCheck.checked_at.desc(), PublicationCheck.id.desc())
    .limit(literal_column("1"))
)
LAST = Read(_OF_VERSION, PublicationCheck)
LAST_GOOD = Read(_OF_VERSION.where(PublicationCheck.good), PublicationCheck)


class Looks(NamedTuple):
    """The latest look at a place against one version of its channel, and the latest that found it as published."""

    last: PublicationCheck | None
    last_good: PublicationCheck | None


class PlaceFacts(NamedTuple):
    """What is proved of a channel's version at one place, at an instant; `age_days` is of the last good check."""

    publication_id: UUID
    kind: str
    place: str
    last_good_check_id: UUID | None
    last_good_check_at: datetime | None
    age_days: int | None
    faulty: bool
    overdue: bool


class PublicationFacts(NamedTuple):
    """What is published of a channel in force: its version, which items stand on that, and the places they stand at."""

    channel: str
    channel_id: UUID
    channel_version: int
    items: dict[PublishedItem, bool]
    places: list[PlaceFacts]


async def list_publications(work: UnitOfWork, asked: PublicationQuery) -> Rows[Publication]:
    """A page of the provider's places of publication."""
    return await PUBLICATIONS.page(work, asked, now=work.now)


async def list_checks(work: UnitOfWork, publication_id: UUID, asked: PageQuery) -> Rows[PublicationCheck]:
    """A page of the looks at a place, the youngest first; 404 for a place that is not the provider's."""
    await work.find(Publication, publication_id)
    return await CHECKS.page(work, asked, publication_id, publication_id=publication_id)


async def looks_at(work: UnitOfWork, publication_id: UUID, channel_version: int) -> Looks:
    """The latest looks at a place against one version of its channel."""
    asked = {"publication_id": publication_id, "channel_version": channel_version}
    last, good = await work.read_together((LAST, LAST_GOOD), **asked)
    return Looks(last[0] if last else None, good[0] if good else None)


async def proves(work: UnitOfWork, attachment: Attachment) -> bool:
    """Whether a file proves a check already."""
    mine = (PublicationCheck.provider_id == work.provider_id, PublicationCheck.proof_id == attachment.id)
    return (await work.session.execute(select(PublicationCheck.id).where(*mine))).first() is not None


def shared(publication: Publication) -> dict[str, Any]:
    """The whole shared state of a place, as every event of it carries it."""
    names = (
        "channel_id", "channel", "kind", "state", "listed_at", "channel_version", "last_good_check_at", "faulty",
        "due_at",
    )  # fmt: skip
    return {"publication_id": publication.id, **{name: getattr(publication, name) for name in names}}


def task_parameters(publication: Publication) -> dict[str, Any]:
    """What the titles of a place's tasks tell of it."""
    return {"channel": publication.channel}


async def admit(work: UnitOfWork, publication_id: UUID) -> None:
    """Lets whoever reads a place see its proofs: they show what is published to everybody."""


async def publication_facts(work: UnitOfWork, at: datetime) -> list[PublicationFacts]:
    """What was published at an instant of each channel that held then, and how well that is proved (8.2-6 to 8.2-9)."""
    held = await channels_at(work, at)
    places = await _places_at(work, [channel.id for channel, _ in held], at)
    looks = await _looks_until(work, {channel.id: version.number for channel, version in held}, at)
    nothing = Looks(None, None)
    return [
        PublicationFacts(
            channel.code,
            channel.id,
            version.number,
            {item: bool(getattr(version, item)) for item in rules.ITEMS},
            [_facts(one, version, looks.get(one.id, nothing), at) for one in places if one.channel_id == channel.id],
        )
        for channel, version in held
    ]


async def _places_at(work: UnitOfWork, channels: Sequence[UUID], at: datetime) -> Sequence[Publication]:
    """The places at which channels were published at an instant, in the order in which they were listed."""
    mine = (Publication.provider_id == work.provider_id, Publication.channel_id.in_(channels))
    there = or_(
        Publication.removed_at.is_(None), (Publication.removed_at > at) & (Publication.cause != rules.ENTERED_IN_ERROR)
    )
    query = select(Publication).where(*mine, Publication.listed_at <= at, there)
    return (await work.session.execute(query.order_by(Publication.listed_at, Publication.id))).scalars().all()


async def _looks_until(work: UnitOfWork, versions: Mapping[UUID, int], at: datetime) -> dict[UUID, Looks]:
    """The latest looks until an instant at the places of channels against these versions of them, by place."""
    of_place = (Publication.provider_id == PublicationCheck.provider_id) & (
        Publication.id == PublicationCheck.publication_id
    )
    of_versions = tuple_(Publication.channel_id, PublicationCheck.channel_version).in_(list(versions.items()))
    query = (
        select(PublicationCheck)
        .ext(distinct_on(PublicationCheck.publication_id, PublicationCheck.good))
        .join(Publication, of_place)
        .where(PublicationCheck.provider_id == work.provider_id, PublicationCheck.checked_at <= at, of_versions)
        .order_by(
            PublicationCheck.publication_id,
            PublicationCheck.good,
            PublicationCheck.checked_at.desc(),
            PublicationCheck.id.desc(),
        )
    )
    found: dict[UUID, list[PublicationCheck]] = {}
    for check in (await work.session.execute(query)).scalars():
        found.setdefault(check.publication_id, []).append(check)
    return {place: _looks(checks) for place, checks in found.items()}


def _looks(latest: Sequence[PublicationCheck]) -> Looks:
    """The latest bad and the latest good look, as far as there are such, as looks at a place."""
    last = max(latest, key=lambda one: (one.checked_at, one.id))
    return Looks(last, next((one for one in latest if one.good), None))


def _facts(place: Publication, version: ChannelVersion, looks: Looks, at: datetime) -> PlaceFacts:
    good = looks.last_good
    found_at = None if good is None else good.checked_at
    _, due_at = rules.looked_at_within(place.listed_at, version.valid_from, found_at)
    return PlaceFacts(
        publication_id=place.id,
        kind=place.kind,
        place=place.place,
        last_good_check_id=None if good is None else good.id,
        last_good_check_at=found_at,
        age_days=None if found_at is None else (at - found_at) // timedelta(days=1),
        faulty=looks.last is not None and not looks.last.good,
        overdue=due_at < at,
    )
