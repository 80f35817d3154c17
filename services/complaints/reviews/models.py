"""The table of yearly reviews."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant, within_provider


class Review(Record, Base):
    """The review of a year of complaints (年度评审): the year's figures as they were when it began, what was concluded.

    `words` are the provider's own, not of a person.
    """

    __tablename__ = "review"

    year: Mapped[int] = mapped_column(SmallInteger())
    state: Mapped[str]
    due_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    begun_by: Mapped[str | None]
    figures: Mapped[dict[str, Any] | None]
    outcome: Mapped[str | None]
    channel_id: Mapped[UUID | None]
    channel_version: Mapped[int | None] = mapped_column(Integer())
    words: Mapped[str | None]
    concluded_at: Mapped[datetime | None]
    concluded_by: Mapped[str | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["channel_id"], "channel"),
        UniqueConstraint("provider_id", "year"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('due', 'in_review', 'concluded')", name="state"),
        CheckConstraint("(state <> 'due') <= (figures IS NOT NULL)", name="figures_from_review_on"),
        CheckConstraint("(state = 'concluded') <= (outcome IS NOT NULL)", name="outcome_when_concluded"),
    )
