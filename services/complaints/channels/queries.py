"""Reads of channels."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, any_, bindparam, func, literal_column, or_, select

from chassis.calendars.models import CalendarVersion
from chassis.calendars.queries import NEWEST
from chassis.db import UnitOfWork
from chassis.paging import Listing, PageQuery, Rows
from chassis.rows import Check, Read
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.channels.rules import State
from services.complaints.channels.schemas import ChannelQuery

CHANNELS = Listing(
    Channel,
    filters={"state": Channel.state, "kind": Channel.kind},
    sorts={"-updated_at": Channel.updated_at, "updated_at": Channel.updated_at},
    updated_at=Channel.updated_at,
)
VERSIONS = Listing(
    ChannelVersion,
    filters={},
    sorts={"number": ChannelVersion.number},
    updated_at=ChannelVersion.published_at,
    where=(ChannelVersion.channel_id == bindparam("channel_id"),),
)


def _held(at: Any) -> ColumnElement[bool]:
    return and_(ChannelVersion.valid_from <= at, or_(ChannelVersion.valid_to.is_(None), ChannelVersion.valid_to > at))


_HOLDING = select(ChannelVersion.channel_id).where(
    ChannelVersion.provider_id == bindparam("provider_id"), _held(bindparam("at"))
)
OPEN_CHANNELS = Listing(
    Channel,
    filters={},
    sorts={"code": Channel.code},
    updated_at=Channel.updated_at,
    where=(Channel.state == literal_column(f"'{State.PUBLISHED}'"), Channel.id.in_(_HOLDING)),
)
_MINE = (Channel.provider_id == bindparam("provider_id"), Channel.code == bindparam("code"))
BY_CODE = Read(select(Channel).where(*_MINE), Channel, looking=True)
BY_CODES = Read(
    select(Channel).where(
        Channel.provider_id == bindparam("provider_id"),
        Channel.code == any_(bindparam("codes", type_=ARRAY(Text()))),
    ),
    Channel,
)
_HELD_BY_CODE = Read(
    select(ChannelVersion)
    .join(Channel, and_(ChannelVersion.provider_id == Channel.provider_id, ChannelVersion.channel_id == Channel.id))
    .where(*_MINE, _held(bindparam("at"))),
    ChannelVersion,
    without=("telephone", "web_address", "hours", "procedure", "privacy_notice"),
)
_STANDS = Check(
    select(literal_column("1")).where(
        Channel.provider_id == bindparam("provider_id"),
        Channel.id == bindparam("id"),
        Channel.version == bindparam("version"),
        bindparam("number")
        == select(func.max(CalendarVersion.number))
        .where(CalendarVersion.provider_id == Channel.provider_id)
        .scalar_subquery(),
    ),
    Channel,
    CalendarVersion,
)
"""Whether a channel is as it was read, and no newer calendar has come: what a channel promised moves with these."""
REMEMBERED = 1_000


async def list_channels(work: UnitOfWork, asked: ChannelQuery) -> Rows[Channel]:
    """A page of the provider's channels."""
    return await CHANNELS.page(work, asked)


async def list_versions(work: UnitOfWork, channel_id: UUID, asked: PageQuery) -> Rows[ChannelVersion]:
    """A page of a channel's versions, oldest first; 404 for a channel that is not the provider's."""
    await work.find(Channel, channel_id)
    return await VERSIONS.page(work, asked, channel_id, channel_id=channel_id)


async def latest_version(work: UnitOfWork, channel_id: UUID) -> ChannelVersion | None:
    """The newest version of a channel, whether it holds already or not."""
    query = _versions(work, channel_id).order_by(ChannelVersion.number.desc()).limit(1)
    return (await work.session.execute(query)).scalar_one_or_none()


async def unended_versions(work: UnitOfWork, channel_id: UUID) -> Sequence[ChannelVersion]:
    """The versions of a channel that hold now or will, in their order."""
    unended = or_(ChannelVersion.valid_to.is_(None), ChannelVersion.valid_to > work.now)
    query = _versions(work, channel_id).where(unended).order_by(ChannelVersion.number)
    return (await work.session.execute(query)).scalars().all()


async def version_at(work: UnitOfWork, channel_id: UUID, at: datetime) -> ChannelVersion | None:
    """The version of a channel that held at an instant."""
    return (await work.session.execute(_versions(work, channel_id).where(_held(at)))).scalar_one_or_none()


class Held(NamedTuple):
    """A channel with the version that held at an instant, and the calendar that holds now, if any; for looking at."""

    channel: Channel
    version: ChannelVersion | None
    newest: Sequence[CalendarVersion]


_known: OrderedDict[tuple[UUID, str], Held] = OrderedDict()


async def channel_at(work: UnitOfWork, code: str, at: datetime) -> Held | None:
    """A channel by its code as it held at an instant, and what its limits are measured on; None where there is none.

    It is remembered, and what is written rests on its being still so.
    """
    name = (work.provider_id, code)
    found = _known.get(name) if work.alone else None
    if found is None or not _covers(found, at):
        channels, versions, newest = await work.read_together((BY_CODE, _HELD_BY_CODE, NEWEST), code=code, at=at)
        if not channels:
            return None
        read = Held(channels[0], versions[0] if versions else None, newest)
        if newest and _covers(read, work.now):
            _remember(name, read)
        return read
    work.rests_on(_STANDS, id=found.channel.id, version=found.channel.version, number=found.newest[0].number)
    return found


def _covers(held: Held, at: datetime) -> bool:
    version = held.version
    return version is not None and version.valid_from <= at and (version.valid_to is None or at < version.valid_to)


def _remember(name: tuple[UUID, str], held: Held) -> None:
    _known[name] = held
    _known.move_to_end(name)
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)


async def channels_at(work: UnitOfWork, at: datetime) -> list[tuple[Channel, ChannelVersion]]:
    """The channels of which a version held at an instant, each with that version, by code."""
    of_channel = and_(
        ChannelVersion.provider_id == Channel.provider_id, ChannelVersion.channel_id == Channel.id, _held(at)
    )
    query = select(Channel, ChannelVersion).join(ChannelVersion, of_channel).order_by(Channel.code)
    rows = await work.session.execute(query.where(Channel.provider_id == work.provider_id))
    return [(channel, version) for channel, version in rows]


async def channel_coded(work: UnitOfWork, code: str) -> Channel | None:
    """A channel by its code; None when there is no such channel."""
    found = await work.read(BY_CODE, code=code)
    return found[0] if found else None


async def open_channels(work: UnitOfWork, asked: PageQuery) -> tuple[Rows[Channel], dict[UUID, ChannelVersion]]:
    """A page of the channels that take complaints now, by code, with the version that holds of each."""
    rows = await OPEN_CHANNELS.page(work, asked, at=work.now)
    ids = [channel.id for channel in rows.items]
    mine = (ChannelVersion.provider_id == work.provider_id, ChannelVersion.channel_id.in_(ids))
    query = select(ChannelVersion).where(*mine, _held(work.now))
    found: Sequence[ChannelVersion] = (await work.session.execute(query)).scalars().all()
    return rows, {version.channel_id: version for version in found}


def _versions(work: UnitOfWork, channel_id: UUID) -> Select[ChannelVersion]:
    return select(ChannelVersion).where(
        ChannelVersion.provider_id == work.provider_id, ChannelVersion.channel_id == channel_id
    )
