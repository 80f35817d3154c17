"""The table of signals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chassis.tables import Base, Record, tenant


class Signal(Record, Base):
    """Something that happened elsewhere and bears on risk; a source raises at most one for each reason or ground.

    `reasons` are the concerns that were named there, `grounds` what its outcome shows.
    """

    __tablename__ = "signal"

    state: Mapped[str]
    source_type: Mapped[str]
    source_id: Mapped[UUID]
    reasons: Mapped[list[str]]
    grounds: Mapped[list[str]]
    customer_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]

    __table_args__ = tenant(
        "risk",
        UniqueConstraint("provider_id", "source_type", "source_id", "reasons", "grounds"),
        Index(None, "provider_id", "occurred_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('raised')", name="state"),
    )
