"""Events of risk: signals to analyse, documents under control, and who has read them (clause 7.7)."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.base import Attached, Event, registry

DocumentKind = Literal["system", "procedure", "guide"]
DocumentVersionStateName = Literal["draft", "approved", "in_force", "superseded", "repealed", "withdrawn"]
AttachmentPurpose = Literal["content"]
SignalGround = Literal["major", "critical", "repeated_cause"]


class SignalState(Event):
    """The whole shared state of a signal: what raised it, and why it bears on risk.

    `reasons` are the concerns that were named with the source, `grounds` what the decision on it shows: how severe it
    is, or that its cause repeats.
    """

    signal_id: UUID
    state: str
    source_type: str
    source_id: UUID
    reasons: list[Literal["safety", "security"]]
    customer_id: UUID | None
    occurred_at: AwareDatetime
    grounds: list[SignalGround] = Field(default_factory=list)


class SignalRaised(SignalState):
    """Something happened that is to be analysed for risk."""

    TYPE: ClassVar[str] = "risk.signal.raised.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentState(Event):
    """The whole shared state of a document (制度, 程序) beside its versions: what kind it is, and whose."""

    document_id: UUID
    code: str
    kind: DocumentKind
    owner_id: UUID


class DocumentCreated(DocumentState):
    """A document was entered, with the draft of its first version."""

    TYPE: ClassVar[str] = "risk.document.created.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentChanged(DocumentState):
    """A document got another title or owner."""

    TYPE: ClassVar[str] = "risk.document.changed.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionState(Event):
    """The whole shared state of one version of a document.

    `serves` are ids of requirements, `binds` roles; both stay as they are from the approval on. `sha256` is that of the
    content that stands at an address. It is in force from `in_force_from`, which lies ahead while it is approved, until
    before `in_force_to`.
    """

    document_version_id: UUID
    document_id: UUID
    code: str
    kind: DocumentKind
    number: int
    state: DocumentVersionStateName
    serves: list[str]
    binds: list[str]
    sha256: str | None
    approved_at: AwareDatetime | None
    in_force_from: AwareDatetime | None
    in_force_to: AwareDatetime | None
    next_review_on: date | None


class DocumentVersionDrafted(DocumentVersionState):
    """A version of a document was drafted."""

    TYPE: ClassVar[str] = "risk.document_version.drafted.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionChanged(DocumentVersionState):
    """A draft was changed."""

    TYPE: ClassVar[str] = "risk.document_version.changed.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionAttachmentAdded(DocumentVersionState):
    """A draft got a file with its content."""

    TYPE: ClassVar[str] = "risk.document_version.attachment_added.v1"
    CLAUSE: ClassVar[str | None] = "7.7"

    attachment: Attached


class DocumentVersionApproved(DocumentVersionState):
    """A version was approved by somebody who had no hand in it; from when it is in force is fixed."""

    TYPE: ClassVar[str] = "risk.document_version.approved.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionCameIntoForce(DocumentVersionState):
    """A version came into force (生效)."""

    TYPE: ClassVar[str] = "risk.document_version.came_into_force.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionSuperseded(DocumentVersionState):
    """The next version came into force in place of this one."""

    TYPE: ClassVar[str] = "risk.document_version.superseded.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionRepealed(DocumentVersionState):
    """A version was taken out of force, with nothing in its place (废止)."""

    TYPE: ClassVar[str] = "risk.document_version.repealed.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionWithdrawn(DocumentVersionState):
    """A version was withdrawn before it came into force."""

    TYPE: ClassVar[str] = "risk.document_version.withdrawn.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionReviewDue(DocumentVersionState):
    """The day on which a version in force is to be reviewed has come."""

    TYPE: ClassVar[str] = "risk.document_version.review_due.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionReviewed(DocumentVersionState):
    """A version in force was reviewed and stays, until the next review."""

    TYPE: ClassVar[str] = "risk.document_version.reviewed.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class DocumentVersionReadingConcluded(DocumentVersionState):
    """Whoever is in charge of a version in force has seen to it that those whom it binds have read it."""

    TYPE: ClassVar[str] = "risk.document_version.reading_concluded.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


class ReadingConfirmed(Event):
    """A person confirmed having read a version of a document (阅读确认), once; `serves` is the version's."""

    TYPE: ClassVar[str] = "risk.reading.confirmed.v1"
    CLAUSE: ClassVar[str | None] = "7.7"

    reading_id: UUID
    document_version_id: UUID
    document_id: UUID
    number: int
    serves: list[str]
    account_id: UUID
    confirmed_at: AwareDatetime


class AttachmentOpened(Event):
    """A file of a document was handed out to one who had asked for a link; it is journalled on the attachment."""

    TYPE: ClassVar[str] = "risk.attachment.opened.v1"
    CLAUSE: ClassVar[str | None] = "7.7"

    document_version_id: UUID
    attachment: Attached


EVENTS = registry(
    SignalRaised,
    DocumentCreated,
    DocumentChanged,
    DocumentVersionDrafted,
    DocumentVersionChanged,
    DocumentVersionAttachmentAdded,
    DocumentVersionApproved,
    DocumentVersionCameIntoForce,
    DocumentVersionSuperseded,
    DocumentVersionRepealed,
    DocumentVersionWithdrawn,
    DocumentVersionReviewDue,
    DocumentVersionReviewed,
    DocumentVersionReadingConcluded,
    ReadingConfirmed,
    AttachmentOpened,
)
