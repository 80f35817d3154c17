"""Events of the complaints service (clause 8.2)."""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Attached, Event, registry
from contracts.channels import ChannelCreated, ChannelPublished, ChannelRetired
from contracts.complaint_state import ClockName, ComplaintState, ContactMethod
from contracts.external_cases import EXTERNAL_CASE_EVENTS
from contracts.handling import HANDLING
from contracts.messages import MessageState
from contracts.persons import Disclosed, Erased
from contracts.policies import PolicyPublished
from contracts.proposals import ProposedComplaintConfirmed, ProposedComplaintDismissed, ProposedComplaintRaised
from contracts.publications import PUBLICATION_EVENTS
from contracts.registers import RegisterClosed, RegisterSigned, RegisterSupplemented
from contracts.reviews import ReviewBegun, ReviewConcluded, ReviewDue


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


class ComplaintPersonErased(ComplaintState):
    """A person's data in a complaint were erased, on request or because their time was over (个人信息删除)."""

    TYPE: ClassVar[str] = "complaints.complaint.person_erased.v1"

    person_id: UUID
    basis: Literal["request", "retention"]


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
    ComplaintPersonErased,
    ComplaintAttachmentAdded,
    AttachmentOpened,
    ComplaintNoticeFailed,
    *MESSAGE_EVENTS.values(),
    ComplaintClockReached,
    ComplaintImported,
    *HANDLING.values(),
    PolicyPublished,
    *PUBLICATION_EVENTS,
    *EXTERNAL_CASE_EVENTS,
    ProposedComplaintRaised,
    ProposedComplaintConfirmed,
    ProposedComplaintDismissed,
    RegisterSigned,
    RegisterClosed,
    RegisterSupplemented,
    ReviewDue,
    ReviewBegun,
    ReviewConcluded,
)
