"""Tables of the places where channels are published, and of the looks that were taken at them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clocks.terms import Termed
from chassis.tables import Base, OfProvider, tenant, within_provider


class Publication(Termed, Base):
    """A place where a channel is published (公布位置); its term ends when somebody is to look at it again.

    `channel_version` is the version that is to stand there; `last_good_check_at` and `faulty` are what checks against
    that version have found: when it was last as published, and whether the latest look found it otherwise.
    """

    __tablename__ = "publication"

    channel_id: Mapped[UUID]
    channel: Mapped[str]
    kind: Mapped[str]
    place: Mapped[str]
    state: Mapped[str]
    listed_at: Mapped[datetime]
    listed_by: Mapped[str]
    channel_version: Mapped[int | None] = mapped_column(Integer())
    last_good_check_at: Mapped[datetime | None]
    faulty: Mapped[bool] = mapped_column(Boolean())
    removed_at: Mapped[datetime | None]
    cause: Mapped[str | None]

    __table_args__ = tenant(
        "complaints",
        within_provider(["channel_id"], "channel"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "channel_id"),
        CheckConstraint("state IN ('listed', 'removed')", name="state"),
        CheckConstraint("(state = 'listed') = (removed_at IS NULL)", name="removed_at"),
        CheckConstraint("(state = 'listed') = (cause IS NULL)", name="cause"),
        CheckConstraint("(term_begins_at IS NULL) = (due_at IS NULL)", name="term"),
    )


class PublicationCheck(OfProvider, Base):
    """A look at a place (核查): what was found of each item, held against the version that was to stand there.

    `checked_at` is when somebody looked, `entered_at` when that was recorded; `proof_id` the file that shows it, which
    proves this check alone.
    """

    __tablename__ = "publication_check"

    publication_id: Mapped[UUID]
    channel_version: Mapped[int] = mapped_column(Integer())
    checked_at: Mapped[datetime]
    checked_by: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    found: Mapped[dict[str, Any]]
    good: Mapped[bool] = mapped_column(Boolean())
    proof_id: Mapped[UUID]

    __table_args__ = tenant(
        "complaints",
        within_provider(["publication_id"], "publication"),
        within_provider(["proof_id"], "attachment"),
        UniqueConstraint("provider_id", "proof_id"),
        Index(None, "provider_id", "publication_id", "checked_at", "id"),
        CheckConstraint("checked_at <= entered_at", name="entered_after_check"),
    )
