"""The table of calendars."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, tenant


class CalendarVersion(Base):
    """One version of a provider's working calendar; what was computed by it can be computed again.

    `hours` maps weekdays to spells, `days` ISO dates that differ; after `official_through` they are provisional.
    """

    __tablename__ = "calendar_version"
    __table_args__ = tenant(None)

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer(), primary_key=True, autoincrement=False)
    zone: Mapped[str]
    hours: Mapped[dict[str, Any]]
    days: Mapped[dict[str, Any]]
    official_through: Mapped[date | None] = mapped_column(Date())
