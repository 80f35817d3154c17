"""Events of channels, on which complaints are taken (clause 8.2)."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event

ChannelKind = Literal["telephone", "web", "email", "letter", "visit", "wechat", "authority", "survey", "api", "other"]


class ChannelState(Event):
    """The whole shared state of a published channel: which version holds from when, and the hash of its content."""

    channel_id: UUID
    code: str
    kind: ChannelKind
    state: str
    channel_version: int | None
    valid_from: AwareDatetime | None
    valid_to: AwareDatetime | None
    content_hash: str | None
    next_review_on: date | None


class ChannelCreated(ChannelState):
    """A channel was drawn up; nothing is promised yet."""

    TYPE: ClassVar[str] = "complaints.channel.created.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ChannelPublished(ChannelState):
    """A version of a channel was published, with its telephone, web address, procedure and limits."""

    TYPE: ClassVar[str] = "complaints.channel.published.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ChannelRetired(ChannelState):
    """A channel takes complaints no more."""

    TYPE: ClassVar[str] = "complaints.channel.retired.v1"
    CLAUSE: ClassVar[str | None] = "8.2"
