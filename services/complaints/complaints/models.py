"""Tables of complaints, their parties and their contacts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, Record, tenant, within_provider
from contracts.complaint_state import ExternalReference
from services.complaints.complaints.rules import State

_STATES = ", ".join(f"'{state}'" for state in State)


class Complaint(Record, Base):
    """A complaint (投诉). Title and words are sealed with the key of its first party.

    `promised` keeps the channel version's limits as they stood at receipt: working hours by clock; `privacy_notice` the
    version of the notice that was published there. What was imported was promised nothing here.
    `acknowledgement_failed`: what was to tell the complainant reached nobody, and nothing else told them. What follows
    from `severity` on is known from its assessment: `policy` is the desk's policy as it was frozen then, `came_from`
    the state to which an answer or a proposal that is sent back leads, `round` counts the investigations from 1.
    `follows` is the earlier complaint that this one takes up again.
    """

    __tablename__ = "complaint"

    receipt_number: Mapped[str]
    receipt_code_hash: Mapped[bytes]
    state: Mapped[str]
    channel: Mapped[str]
    channel_id: Mapped[UUID | None]
    channel_version: Mapped[int | None] = mapped_column(Integer())
    promised: Mapped[dict[str, Any]]
    privacy_notice: Mapped[str | None]
    received_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
    acknowledged_at: Mapped[datetime | None]
    acknowledgement_failed: Mapped[bool] = mapped_column(Boolean())
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    origin: Mapped[str]
    imported_by_job: Mapped[UUID | None]
    anonymous: Mapped[bool] = mapped_column(Boolean())
    language: Mapped[str]
    category: Mapped[str]
    urgency: Mapped[str]
    impact: Mapped[str]
    priority: Mapped[str]
    concerns: Mapped[list[str]]
    customer_id: Mapped[UUID | None]
    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    title_sealed: Mapped[bytes | None]
    words_sealed: Mapped[bytes]
    severity: Mapped[str | None]
    validity: Mapped[str | None]
    safety: Mapped[bool] = mapped_column(Boolean(), server_default=text("false"))
    legal: Mapped[bool] = mapped_column(Boolean(), server_default=text("false"))
    subject_kind: Mapped[str | None]
    subject_account_id: Mapped[UUID | None]
    subject_unit_id: Mapped[UUID | None]
    service: Mapped[str | None]
    department_id: Mapped[UUID | None]
    policy_version: Mapped[int | None] = mapped_column(Integer())
    policy: Mapped[dict[str, Any] | None]
    handler_id: Mapped[UUID | None]
    backup_id: Mapped[UUID | None]
    follow_up_caller_id: Mapped[UUID | None]
    came_from: Mapped[str | None]
    round: Mapped[int] = mapped_column(SmallInteger(), server_default=text("1"))
    cause: Mapped[str | None]
    decision: Mapped[str | None]
    first_decided_at: Mapped[datetime | None]
    satisfaction: Mapped[str | None]
    closing_way: Mapped[str | None]
    merged_into: Mapped[UUID | None]
    follows: Mapped[UUID | None]
    improvement: Mapped[str | None]
    dossier_sha256: Mapped[str | None]

    @property
    def external_reference(self) -> ExternalReference | None:
        """The number of the complaint in another system."""
        if self.external_system is None or self.external_id is None:
            return None
        return ExternalReference(system=self.external_system, id=self.external_id)

    __table_args__ = tenant(
        "complaints",
        within_provider(["channel_id"], "channel"),
        within_provider(["imported_by_job"], "import_job"),
        UniqueConstraint("provider_id", "receipt_number"),
        UniqueConstraint("provider_id", "external_system", "external_id"),
        Index(None, "provider_id", "received_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "state", "received_at", "id"),
        within_provider(["merged_into"], "complaint"),
        Index(None, "provider_id", "handler_id", "received_at", "id", postgresql_where=text("handler_id IS NOT NULL")),
        Index(None, "provider_id", "cause", "decided_at", postgresql_where=text("cause IS NOT NULL")),
        Index(None, "provider_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        within_provider(["follows"], "complaint"),
        Index(None, "provider_id", "follows", "received_at", "id", postgresql_where=text("follows IS NOT NULL")),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(state = 'closed') <= (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("origin IN ('intake', 'import')", name="origin"),
        CheckConstraint("received_at <= registered_at", name="registered_after_receipt"),
        CheckConstraint("(external_system IS NULL) = (external_id IS NULL)", name="external_reference_whole"),
    )


class HandlingRecord(OfProvider, Base):
    """What a step of handling left on record (处理记录): its codes and numbers, and the words that were written.

    `entry_id` is the journal entry of the step; `round` the investigation it belongs to, `party_id` whom it is about.
    The words are sealed with that party's key, else with that of the first party of the complaint.
    """

    __tablename__ = "handling_record"

    complaint_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    place: Mapped[int] = mapped_column(Integer())
    step: Mapped[str]
    round: Mapped[int] = mapped_column(SmallInteger())
    at: Mapped[datetime]
    entered_at: Mapped[datetime]
    made_by: Mapped[str]
    party_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]
    words_sealed: Mapped[bytes | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["complaint_id"], "complaint"),
        within_provider(["party_id"], "complaint_party"),
        within_provider(["message_id"], "message"),
        UniqueConstraint("provider_id", "complaint_id", "place"),
        UniqueConstraint("provider_id", "entry_id"),
        Index(None, "provider_id", "complaint_id", postgresql_where=text("step = 'waive'")),
    )


class NoticeCopy(OfProvider, Base):
    """A notice exactly as one more party was told it, under their own receipt; sealed with that party's key.

    `record_id` is the record of the step, which keeps it as the first party was told it; `message_id` the message that
    brought it. Without one it only lies in the mailbox of their receipt.
    """

    __tablename__ = "notice_copy"

    record_id: Mapped[UUID]
    party_id: Mapped[UUID]
    message_id: Mapped[UUID | None]
    text_sealed: Mapped[bytes]

    __table_args__ = tenant(
        "complaints",
        within_provider(["record_id"], "handling_record"),
        within_provider(["party_id"], "complaint_party"),
        within_provider(["message_id"], "message"),
        UniqueConstraint("provider_id", "record_id", "party_id"),
        Index(None, "provider_id", "party_id"),
    )


class Party(OfProvider, Base):
    """A person in a complaint: who complains, who speaks for them, or whom it is about.

    Everything that tells who it is is sealed with this person's own key; deleting `wrapped_key` erases it. The hashes
    find equal telephone numbers and e-mail addresses. `account_id` is the member of staff whom it is about;
    `withdrawn_at` when a party that complains withdrew.
    """

    __tablename__ = "complaint_party"

    complaint_id: Mapped[UUID]
    place: Mapped[int] = mapped_column(Integer())
    role: Mapped[str]
    wrapped_key: Mapped[bytes | None]
    name_sealed: Mapped[bytes | None]
    telephone_sealed: Mapped[bytes | None]
    email_sealed: Mapped[bytes | None]
    address_sealed: Mapped[bytes | None]
    telephone_hash: Mapped[bytes | None]
    email_hash: Mapped[bytes | None]
    account_id: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["complaint_id"], "complaint"),
        UniqueConstraint("provider_id", "complaint_id", "place"),
        Index(None, "provider_id", "telephone_hash", postgresql_where=text("telephone_hash IS NOT NULL")),
        Index(None, "provider_id", "email_hash", postgresql_where=text("email_hash IS NOT NULL")),
        CheckConstraint("role IN ('complainant', 'representative', 'subject')", name="role"),
        CheckConstraint("account_id IS NULL OR role = 'subject'", name="account_of_subject"),
    )


class Contact(OfProvider, Base):
    """A contact with a party: when, by which means, what was told; the words are sealed with that party's key.

    `entry_id` is the journal entry of the step that the contact belongs to; `quoted` what was quoted of the promise;
    `message_id` the message that was sent, where the system made the contact by one.
    """

    __tablename__ = "complaint_contact"

    complaint_id: Mapped[UUID]
    party_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    method: Mapped[str]
    at: Mapped[datetime]
    made_by: Mapped[str]
    template: Mapped[str | None]
    message_id: Mapped[UUID | None]
    told: Mapped[list[str]]
    quoted: Mapped[dict[str, Any]]
    words_sealed: Mapped[bytes | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["complaint_id"], "complaint"),
        within_provider(["party_id"], "complaint_party"),
        within_provider(["message_id"], "message"),
        UniqueConstraint("provider_id", "complaint_id", "entry_id"),
        CheckConstraint("method IN ('telephone', 'visit', 'email', 'letter', 'message', 'receipt')", name="method"),
    )
