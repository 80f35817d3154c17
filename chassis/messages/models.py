"""The table of messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant


class Message(Record, Base):
    """A message to one person outside, about one record.

    Recipient, subject, text and the whole message are sealed with that person's key, of which `wrapped_key` is a copy:
    deleting it erases them, and leaves what happened. `mail_sealed` is the whole RFC 5322 message, byte for byte as it
    was handed over, and `sha256` its hash; both are there from the first try on. `fault` is the code of what went wrong
    last, `diagnostic_sealed` what the other side said of it.
    """

    __tablename__ = "message"

    kind: Mapped[str]
    state: Mapped[str]
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    person_id: Mapped[UUID]
    wrapped_key: Mapped[bytes | None]
    recipient_sealed: Mapped[bytes]
    subject_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    mail_sealed: Mapped[bytes | None]
    sha256: Mapped[str | None]
    template: Mapped[str]
    template_version: Mapped[str]
    language: Mapped[str]
    not_before: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer())
    fault: Mapped[str | None]
    diagnostic_sealed: Mapped[bytes | None]
    sent_at: Mapped[datetime | None]
    made_by: Mapped[str]

    __table_args__ = tenant(
        None,
        Index(None, "provider_id", "created_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "record_id", "created_at", "id"),
        Index(None, "provider_id", "person_id"),
        CheckConstraint("state IN ('waiting', 'kept', 'sent', 'refused', 'failed', 'bounced')", name="state"),
        CheckConstraint("(mail_sealed IS NULL) = (sha256 IS NULL)", name="mail_with_its_hash"),
    )
