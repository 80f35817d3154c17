"""Events of complaints: channels and complaints (clause 8.2)."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import Attached, Event, registry
from contracts.external_cases import EXTERNAL_CASE_EVENTS
from contracts.messages import MessageState
from contracts.persons import Disclosed, Erased
from contracts.publications import PUBLICATION_EVENTS

ChannelKind = Literal["telephone", "web", "email", "letter", "visit", "wechat", "authority", "survey", "api", "other"]
Concern = Literal["safety", "security"]
Level = Literal["high", "medium", "low"]
Priority = Literal["critical", "high", "moderate", "low"]
AttachmentPurpose = Literal["evidence", "correspondence", "recording"]
ClockName = Literal["acknowledge", "decide"]
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

    `channel_version` is None where no published version held at `received_at`: then nothing was promised. `due` says
    when each clock with a limit is due as it is agreed now.
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
    acknowledgement_failed: bool = False
    due: dict[ClockName, AwareDatetime] | None = None
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


class PersonDisclosed(Disclosed):
    """All that is held of a person in one record was told, to be handed to that person."""

    TYPE: ClassVar[str] = "complaints.person.disclosed.v1"


class PersonErased(Erased):
    """A person's data in one record were erased; the record stays. `rows` counts what became unreadable, by table."""

    TYPE: ClassVar[str] = "complaints.person.erased.v1"


class ComplaintAttachmentAdded(ComplaintState):
    """A file was added to a complaint: evidence, a letter, the recording of a call."""

    TYPE: ClassVar[str] = "complaints.complaint.attachment_added.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    attachment: Attached


class AttachmentOpened(Event):
    """A file of a complaint was handed out, a recording to be played back (回放), for one who had asked for a link.

    It is journalled on the attachment: its version counts how often that was.
    """

    TYPE: ClassVar[str] = "complaints.attachment.opened.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    complaint_id: UUID
    attachment: Attached


class ComplaintNoticeFailed(ComplaintState):
    """A message about a complaint reached nobody: it was refused, came back, or could not be handed over.

    `fault` is the code of the reason, for example `smtp_550` or `5.1.1`.
    """

    TYPE: ClassVar[str] = "complaints.complaint.notice_failed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    message_id: UUID
    kind: Literal["acknowledgement"]
    fault: str | None


class MessageQueued(MessageState):
    """A message to a person outside waits to be sent."""

    TYPE: ClassVar[str] = "complaints.message.queued.v1"


class MessageKept(MessageState):
    """A message was kept unsent, because the installation has no mail server."""

    TYPE: ClassVar[str] = "complaints.message.kept.v1"


class MessageSent(MessageState):
    """A mail server took a message."""

    TYPE: ClassVar[str] = "complaints.message.sent.v1"


class MessageRefused(MessageState):
    """A mail server refused a message for good."""

    TYPE: ClassVar[str] = "complaints.message.refused.v1"


class MessageFailed(MessageState):
    """A message was given up: nobody took it in 24 hours of waiting, or its recipient was erased."""

    TYPE: ClassVar[str] = "complaints.message.failed.v1"


class MessageBounced(MessageState):
    """A message came back."""

    TYPE: ClassVar[str] = "complaints.message.bounced.v1"


MESSAGE_EVENTS: Final[Mapping[str, type[MessageState]]] = {
    "waiting": MessageQueued,
    "kept": MessageKept,
    "sent": MessageSent,
    "refused": MessageRefused,
    "failed": MessageFailed,
    "bounced": MessageBounced,
}
"""The event of a message by the state that it has come to."""


class ComplaintClockReached(ComplaintState):
    """So much of a clock's limit has passed, and the next level was told."""

    TYPE: ClassVar[str] = "complaints.complaint.clock_reached.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    clock: ClockName
    percent: int
    due_at: AwareDatetime


EVENTS = registry(
    ChannelCreated,
    ChannelPublished,
    ChannelRetired,
    ComplaintReceived,
    ComplaintAcknowledged,
    PersonDisclosed,
    PersonErased,
    ComplaintAttachmentAdded,
    AttachmentOpened,
    ComplaintNoticeFailed,
    *MESSAGE_EVENTS.values(),
    ComplaintClockReached,
    ComplaintImported,
    *PUBLICATION_EVENTS,
    *EXTERNAL_CASE_EVENTS,
)
