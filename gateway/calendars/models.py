"""The table of working calendars."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant
from gateway.calendars.rules import Content


class Calendar(Record, Base):
    """One numbered version of a provider's calendar; what it says of days never changes, the next version does.

    `listed` has the lists of the library and `uploaded` those loaded by hand, by year; `overrides` the provider's own
    days. `warned_through` is the end of coverage that was warned of, if it was.
    """

    __tablename__ = "calendar"

    number: Mapped[int] = mapped_column(Integer())
    region: Mapped[str]
    zone: Mapped[str]
    hours: Mapped[dict[str, Any]]
    makeup_hours: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    library: Mapped[str]
    listed: Mapped[dict[str, Any]]
    uploaded: Mapped[dict[str, Any]]
    overrides: Mapped[dict[str, Any]]
    official_through: Mapped[date | None] = mapped_column(Date())
    warned_through: Mapped[date | None] = mapped_column(Date())
    reason: Mapped[str]
    made_by: Mapped[str]

    __table_args__ = tenant(
        "gateway",
        UniqueConstraint("provider_id", "number"),
        Index(None, "provider_id", "number", "id"),
        CheckConstraint(
            "reason IN ('registered', 'profile_changed', 'region_changed', 'list_loaded', 'days_overridden', "
            "'library_renewed')",
            name="reason",
        ),
    )

    @property
    def content(self) -> Content:
        """What this version says of days."""
        return Content(
            zone=self.zone,
            hours=self.hours,
            region=self.region,
            makeup_hours=self.makeup_hours,
            listed=self.listed,
            uploaded=self.uploaded,
            overrides=self.overrides,
        )
