"""Events of complaints: channels and complaints (clause 8.2)."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import Event, registry

ChannelKind = Literal["telephone", "web", "email", "letter", "visit", "wechat", "authority", "survey", "api", "other"]
Concern = Literal["safety", "security"]
Level = Literal["high", "medium", "low"]
Priority = Literal["critical", "high", "moderate", "low"]
ContactMethod = Literal["telephone", "visit", "email", "letter", "message", "receipt"]


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


class ExternalReference(BaseModel):
    """The number of a complaint in another system."""

    model_config = ConfigDict(frozen=True)

    system: str
    id: str


class ComplaintState(Event):
    """The whole shared state of a complaint: codes, numbers and times only.

    `channel_version` is None where no published version held at `received_at`: then nothing was promised. `origin` is
    `intake` or `import`; what was imported has no promise, and of its times those that its source knew.
    """

    complaint_id: UUID
    receipt_number: str
    state: str
    channel: str
    channel_id: UUID | None
    channel_version: int | None
    received_at: AwareDatetime
    registered_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    anonymous: bool
    category: str
    urgency: Level
    impact: Level
    priority: Priority
    concerns: list[Concern]
    customer_id: UUID | None
    external_reference: ExternalReference | None
    origin: str = "intake"
    decided_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    imported_by_job: UUID | None = None


class ComplaintReceived(ComplaintState):
    """A complaint was registered (登记)."""

    TYPE: ClassVar[str] = "complaints.complaint.received.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintImported(ComplaintState):
    """A past case was brought in from another system, as `archived` or in a state in which it goes on here."""

    TYPE: ClassVar[str] = "complaints.complaint.imported.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintAcknowledged(ComplaintState):
    """The complainant was told that the complaint arrived, its number and the limits (告知)."""

    TYPE: ClassVar[str] = "complaints.complaint.acknowledged.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    contact_id: UUID
    method: ContactMethod


EVENTS = registry(
    ChannelCreated, ChannelPublished, ChannelRetired, ComplaintReceived, ComplaintImported, ComplaintAcknowledged
)
