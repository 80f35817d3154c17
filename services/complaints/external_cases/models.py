"""The table of cases at authorities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from chassis.clocks.terms import Termed
from chassis.tables import Base, tenant, within_provider


class ExternalCase(Termed, Base):
    """A case at an authority about a complaint (外部案件); its term is the authority's own, until we have replied.

    `summary_sealed` is the ruling in words, sealed with the key of the party `party_id`: it may name people. `proof_id`
    is a file of the complaint that shows the reply.
    """

    __tablename__ = "external_case"

    complaint_id: Mapped[UUID]
    body: Mapped[str]
    reference: Mapped[str]
    state: Mapped[str]
    received_at: Mapped[datetime]
    registered_by: Mapped[str]
    replied_at: Mapped[datetime | None]
    reply_method: Mapped[str | None]
    reply_reference: Mapped[str | None]
    proof_id: Mapped[UUID | None]
    ruled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    party_id: Mapped[UUID | None]
    summary_sealed: Mapped[bytes | None]
    withdrawn_at: Mapped[datetime | None]
    cause: Mapped[str | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["complaint_id"], "complaint"),
        within_provider(["party_id"], "complaint_party"),
        within_provider(["proof_id"], "attachment"),
        Index(
            "uq_external_case_provider_id_complaint_id_body_reference",
            "provider_id",
            "complaint_id",
            "body",
            "reference",
            unique=True,
            postgresql_where=text("state <> 'entered_in_error'"),
        ),
        Index(None, "provider_id", "complaint_id", "received_at", "id"),
        Index(None, "provider_id", "received_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "state", "received_at", "id"),
        Index(None, "provider_id", "party_id", postgresql_where=text("party_id IS NOT NULL")),
        CheckConstraint("state IN ('open', 'replied', 'ruled', 'withdrawn', 'entered_in_error')", name="state"),
        CheckConstraint("(summary_sealed IS NULL) = (party_id IS NULL)", name="summary_of_party"),
        CheckConstraint("(term_begins_at IS NULL) = (due_at IS NULL)", name="term"),
    )
