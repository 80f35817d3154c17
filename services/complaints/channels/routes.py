"""Channels over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, open_to_all, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page, PageQuery
from chassis.schemas import open_steps_out, tag
from services.complaints.channels import actions, queries
from services.complaints.channels.models import Channel
from services.complaints.channels.rules import LIFECYCLE, Facts
from services.complaints.channels.schemas import (
    ChannelItem,
    ChannelOut,
    ChannelQuery,
    ChannelVersionOut,
    CreateChannelIn,
    PublicChannelOut,
    PublishIn,
)

router = APIRouter(prefix="/v1", tags=["channels"], route_class=IdempotentRoute)


@router.post("/channels", status_code=201)
async def create_channel(
    body: CreateChannelIn,
    work: Annotated[UnitOfWork, permitted("complaints.channel.create")],
    response: Response,
    language: Language,
) -> ChannelOut:
    """Draws up a channel on which complaints will be taken."""
    channel = await actions.create_channel(work, body)
    tag(response, channel.version, f"/v1/channels/{channel.id}")
    return await _out(work, channel, language)


@router.get("/channels")
async def list_channels(
    asked: Annotated[ChannelQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.channel.read")]
) -> Page[ChannelItem]:
    """The provider's channels."""
    rows = await queries.list_channels(work, asked)
    items = [ChannelItem.model_validate(channel) for channel in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/channels/{channel_id}")
async def read_channel(
    channel_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.channel.read")],
    response: Response,
    language: Language,
) -> ChannelOut:
    """A channel with the version that holds now."""
    channel = await work.find(Channel, channel_id)
    tag(response, channel.version)
    return await _out(work, channel, language)


@router.get("/channels/{channel_id}/versions")
async def list_channel_versions(
    channel_id: UUID,
    asked: Annotated[PageQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.channel.read")],
) -> Page[ChannelVersionOut]:
    """All that was ever promised on a channel, oldest first."""
    rows = await queries.list_versions(work, channel_id, asked)
    items = [ChannelVersionOut.model_validate(version) for version in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.post("/channels/{channel_id}/publish")
async def publish_channel(
    channel_id: UUID,
    body: PublishIn,
    work: Annotated[UnitOfWork, permitted("complaints.channel.publish")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ChannelOut:
    """Publishes the next version of what is promised on a channel (公布投诉渠道)."""
    channel = await actions.publish(work, channel_id, body, expected)
    tag(response, channel.version)
    return await _out(work, channel, language)


@router.post("/channels/{channel_id}/retire")
async def retire_channel(
    channel_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.channel.retire")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ChannelOut:
    """Takes a channel out of use (停用)."""
    channel = await actions.retire(work, channel_id, expected)
    tag(response, channel.version)
    return await _out(work, channel, language)


@router.get("/public/{provider}/channels")
async def list_public_channels(
    asked: Annotated[PageQuery, Query()], work: Annotated[UnitOfWork, open_to_all()]
) -> Page[PublicChannelOut]:
    """Where a provider takes complaints today, and what it promises there; for anyone (投诉电话、网址、程序、时限)."""
    rows, versions = await queries.open_channels(work, asked)
    items = [
        PublicChannelOut(
            code=channel.code,
            kind=channel.kind,
            name=channel.name,
            **ChannelVersionOut.model_validate(versions[channel.id]).model_dump(),
        )
        for channel in rows.items
    ]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


async def _out(work: UnitOfWork, channel: Channel, language: str) -> ChannelOut:
    await work.flush()
    holding = await queries.version_at(work, channel.id, work.now)
    steps = LIFECYCLE.open_steps(channel, Facts(None), actor=work.actor, now=work.now)
    return ChannelOut(
        **ChannelItem.model_validate(channel).model_dump(),
        published=None if holding is None else ChannelVersionOut.model_validate(holding),
        review_overdue=holding is not None and holding.next_review_on < work.now.date(),
        open_steps=open_steps_out(steps, language),
    )
