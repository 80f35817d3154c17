"""The table of proposed complaints."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant, within_provider


class ProposedComplaint(Record, Base):
    """An answer to a survey that was scored low: perhaps a complaint; an answer leads to at most one.

    `complaint_id` is the complaint that a confirmed one became, `cause` why one was dismissed.
    """

    __tablename__ = "proposed_complaint"

    state: Mapped[str]
    answer_id: Mapped[UUID]
    survey_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    score: Mapped[float] = mapped_column(Double())
    threshold: Mapped[float] = mapped_column(Double())
    occurred_at: Mapped[datetime]
    complaint_id: Mapped[UUID | None]
    cause: Mapped[str | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["complaint_id"], "complaint"),
        UniqueConstraint("provider_id", "answer_id"),
        UniqueConstraint("provider_id", "complaint_id"),
        Index(None, "provider_id", "occurred_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "state", "occurred_at", "id"),
        CheckConstraint("state IN ('proposed', 'confirmed', 'dismissed')", name="state"),
        CheckConstraint("(state = 'confirmed') <= (complaint_id IS NOT NULL)", name="complaint_id"),
        CheckConstraint("(state = 'dismissed') <= (cause IS NOT NULL)", name="cause"),
    )
