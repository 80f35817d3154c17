"""Tables of documents and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant, within_provider


class Document(Record, Base):
    """A document under control; what it says stands in its versions. `owner_id` is the account in charge of it."""

    __tablename__ = "document"

    code: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    owner_id: Mapped[UUID]

    __table_args__ = tenant(
        "risk",
        UniqueConstraint("provider_id", "code"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("kind IN ('system', 'procedure', 'guide')", name="kind"),
    )


class DocumentVersion(Record, Base):
    """One version of a document: nothing of it changes from its approval on but its state and its reviews.

    Its content is its attachments, or stands at `address` with the SHA-256 `sha256`. `serves` are ids of requirements,
    `binds` roles. `authors` are all who had a hand in it. It is in force from `in_force_from`, which lies ahead while
    it is approved, until before `in_force_to`. `reading_open`: its owner is still to see to it that it is read.
    `reason` is why it was withdrawn or repealed.
    """

    __tablename__ = "document_version"

    document_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer())
    state: Mapped[str]
    serves: Mapped[list[str]]
    binds: Mapped[list[str]]
    summary: Mapped[str | None]
    address: Mapped[str | None]
    sha256: Mapped[str | None]
    authors: Mapped[list[str]]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    in_force_from: Mapped[datetime | None]
    in_force_to: Mapped[datetime | None]
    next_review_on: Mapped[date | None] = mapped_column(Date())
    reading_open: Mapped[bool] = mapped_column(Boolean())
    reason: Mapped[str | None]

    __table_args__ = tenant(
        "risk",
        within_provider(["document_id"], "document"),
        UniqueConstraint("provider_id", "document_id", "number"),
        Index(
            "uq_document_version_provider_id_document_id_in_force",
            "provider_id",
            "document_id",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
        ),
        Index(
            "uq_document_version_provider_id_document_id_prepared",
            "provider_id",
            "document_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'approved')"),
        ),
        Index(
            "ix_document_version_provider_id_in_force_from_id_to_read",
            "provider_id",
            "in_force_from",
            "id",
            postgresql_where=text("state IN ('approved', 'in_force')"),
        ),
        CheckConstraint(
            "state IN ('draft', 'approved', 'in_force', 'superseded', 'repealed', 'withdrawn')", name="state"
        ),
        CheckConstraint("(address IS NULL) = (sha256 IS NULL)", name="address_with_hash"),
        CheckConstraint("in_force_to IS NULL OR in_force_to >= in_force_from", name="period"),
    )
