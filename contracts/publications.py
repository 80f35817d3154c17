"""Events of complaints: where channels are published, and what was found there (clause 8.2)."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Attached, Event

PublicationKind = Literal["site", "contract", "wechat", "notice_board", "other"]
PublishedItem = Literal["telephone", "web_address", "procedure", "limits"]
ItemFound = Literal["as_published", "missing", "differs"]
RemovalCause = Literal["taken_down", "moved", "contract_ended", "entered_in_error"]


class PublicationState(Event):
    """The whole shared state of a place where a channel is published (公布位置), as far as checks of it are told.

    `channel_version` is the version that is to stand there, None where none holds. `last_good_check_at`, `faulty` and
    `due_at` are about that version alone: when it was last found as published, whether the last look found it missing
    or different, and by when somebody is to look again.
    """

    publication_id: UUID
    channel_id: UUID
    channel: str
    kind: PublicationKind
    state: str
    listed_at: AwareDatetime
    channel_version: int | None
    last_good_check_at: AwareDatetime | None
    faulty: bool
    due_at: AwareDatetime | None


class PublicationCreated(PublicationState):
    """A place where a channel is published was listed."""

    TYPE: ClassVar[str] = "complaints.publication.created.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class PublicationVersionChanged(PublicationState):
    """Another version of the channel holds, against which the place is to be checked, or none holds any more."""

    TYPE: ClassVar[str] = "complaints.publication.version_changed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class PublicationChecked(PublicationState):
    """Somebody looked at a place: what was found of each item, held against which version, with which proof."""

    TYPE: ClassVar[str] = "complaints.publication.checked.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    check_id: UUID
    checked_at: AwareDatetime
    held_version: int
    found: dict[PublishedItem, ItemFound]
    proof: Attached


class PublicationRemoved(PublicationState):
    """The channel is published at this place no more, or never was."""

    TYPE: ClassVar[str] = "complaints.publication.removed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    removed_at: AwareDatetime
    cause: RemovalCause


class PublicationClockReached(PublicationState):
    """So much of the time until the next check has passed, and the next level was told."""

    TYPE: ClassVar[str] = "complaints.publication.clock_reached.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    percent: int


class PublicationAttachmentAdded(PublicationState):
    """A proof of what stands at a place was added."""

    TYPE: ClassVar[str] = "complaints.publication.attachment_added.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    attachment: Attached


class PublicationAttachmentOpened(Event):
    """A proof was handed out, for one who had asked for a link; journalled on the attachment."""

    TYPE: ClassVar[str] = "complaints.publication.attachment_opened.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    publication_id: UUID
    attachment: Attached


PUBLICATION_EVENTS = (
    PublicationCreated,
    PublicationVersionChanged,
    PublicationChecked,
    PublicationRemoved,
    PublicationClockReached,
    PublicationAttachmentAdded,
    PublicationAttachmentOpened,
)
