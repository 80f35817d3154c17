"""What is done to channels."""

import hashlib
from uuid import UUID

import orjson

from chassis.db import UnitOfWork
from chassis.ids import new_id
from contracts.channels import ChannelCreated, ChannelPublished, ChannelRetired
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.channels.queries import latest_version, unended_versions
from services.complaints.channels.rules import LIFECYCLE, Facts
from services.complaints.channels.schemas import CreateChannelIn, PublishIn
from services.complaints.publications.actions import hold_against


async def create_channel(work: UnitOfWork, body: CreateChannelIn) -> Channel:
    """Draws a channel up; it promises nothing until it is published. 409 when the code is taken."""
    state = LIFECYCLE.begin("create", Facts(None), body=body, actor=work.actor, now=work.now)
    channel = Channel(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        code=body.code,
        kind=body.kind,
        name=body.name,
        state=state,
    )
    work.add(channel)
    work.record(channel, ChannelCreated(**_shared(channel, None)))
    return channel


async def publish(work: UnitOfWork, channel_id: UUID, body: PublishIn, expected: int | None) -> Channel:
    """Publishes the next version; the version before it holds until then. 409 names all that lacks."""
    channel = await work.load(Channel, channel_id, expected)
    latest = await latest_version(work, channel_id)
    facts = Facts(latest.valid_from if latest else None)
    LIFECYCLE.advance(channel, "publish", facts, body=body, actor=work.actor, now=work.now)
    version = _version(work, channel, body, latest.number + 1 if latest else 1)
    if latest is not None:
        latest.valid_to = version.valid_from
    work.add(version)
    await hold_against(work, channel_id, str(version.number), version.valid_from)
    work.record(channel, ChannelPublished(**_shared(channel, version)))
    return channel


async def retire(work: UnitOfWork, channel_id: UUID, expected: int | None) -> Channel:
    """Takes a channel out of use; what it promised stays with the complaints that came by it."""
    channel = await work.load(Channel, channel_id, expected)
    LIFECYCLE.advance(channel, "retire", Facts(None), body=None, actor=work.actor, now=work.now)
    ending = await unended_versions(work, channel_id)
    for version in ending:  # the one that holds, and one that was to follow it
        version.valid_to = max(work.now, version.valid_from)
    await hold_against(work, channel_id, "none", work.now)
    work.record(channel, ChannelRetired(**_shared(channel, ending[0] if ending else None)))
    return channel


def _version(work: UnitOfWork, channel: Channel, body: PublishIn, number: int) -> ChannelVersion:
    content = body.model_dump(mode="json", exclude={"valid_from"})
    assert body.telephone is not None  # the guards of publish have seen to these
    assert body.web_address is not None
    assert body.procedure is not None
    assert body.limits is not None
    assert body.next_review_on is not None
    return ChannelVersion(
        provider_id=work.provider_id,
        id=new_id(),
        channel_id=channel.id,
        number=number,
        valid_from=body.valid_from or work.now,
        telephone=body.telephone,
        web_address=str(body.web_address),
        hours=body.hours,
        procedure=body.procedure,
        limits=body.limits.model_dump(),
        anonymous_allowed=body.anonymous_allowed,
        privacy_notice_version=body.privacy_notice.version if body.privacy_notice else None,
        privacy_notice=body.privacy_notice.text if body.privacy_notice else None,
        next_review_on=body.next_review_on,
        content_hash=hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        published_at=work.now,
        published_by=work.actor.name,
    )


def _shared(channel: Channel, version: ChannelVersion | None) -> dict[str, object]:
    mine: dict[str, object] = {
        "channel_id": channel.id,
        "code": channel.code,
        "kind": channel.kind,
        "state": channel.state,
        "channel_version": version.number if version else None,
    }
    of_version = ("valid_from", "valid_to", "content_hash", "next_review_on")
    return mine | {name: getattr(version, name, None) for name in of_version}
