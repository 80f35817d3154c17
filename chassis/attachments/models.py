"""Tables of attachments, of the files they share, and of what those take up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, Record, tenant, within_provider


class File(OfProvider, Base):
    """Content that a provider keeps once, however many attachments it has; the object store holds it sealed.

    `address` is the keyed hash of the content: it finds equal content of this provider and tells nothing without the
    provider's key. `wrapped_key` opens the content and the names given to it; deleting the row erases both.
    """

    __tablename__ = "file"

    address: Mapped[bytes]
    wrapped_key: Mapped[bytes]
    size: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = tenant(None, UniqueConstraint("provider_id", "address"))


class Attachment(Record, Base):
    """A file as it belongs to one record. `version` counts how often it was opened: each time is journalled.

    `sha256` and `size` are of what was received, the `stored_…` of what is kept, which differs where an image lost its
    metadata. Hashes, sizes and times stay when the content is erased.
    """

    __tablename__ = "attachment"

    record_type: Mapped[str]
    record_id: Mapped[UUID]
    purpose: Mapped[str]
    file_id: Mapped[UUID | None]
    name_sealed: Mapped[bytes | None]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    stored_size: Mapped[int]
    stored_sha256: Mapped[str]
    effective_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    added_by: Mapped[str]
    erased_at: Mapped[datetime | None]

    __table_args__ = tenant(
        None,
        within_provider(["file_id"], "file"),
        Index(None, "provider_id", "record_id", "received_at", "id"),
        Index(None, "provider_id", "file_id"),
        CheckConstraint("file_id IS NOT NULL OR erased_at IS NOT NULL", name="file_until_erased"),
        CheckConstraint("(file_id IS NULL) = (name_sealed IS NULL)", name="name_until_erased"),
    )


class FileUsage(Base):
    """What a provider's files take up here, in bytes; counted in the transactions that add and erase them."""

    __tablename__ = "file_usage"
    __table_args__ = tenant(None)

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    used: Mapped[int]
