"""Tables of providers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PLUMBING, Base, Record, tenant


class Profile(Record, Base):
    """A provider (供方) as it describes itself; its record is its own.

    `reason` is the code that was given for its standing. `imposed` says that it is the operator who suspended it or has
    it leave, so that it cannot stay by itself. Once erased it is called by its short name.
    """

    __tablename__ = "profile"

    slug: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]
    language: Mapped[str]
    working_hours: Mapped[dict[str, Any]]
    state: Mapped[str]
    legal_hold: Mapped[bool] = mapped_column(Boolean())
    reason: Mapped[str | None]
    imposed: Mapped[bool] = mapped_column(Boolean())
    left_at: Mapped[datetime | None]
    archive_confirmed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    __table_args__ = tenant(
        "gateway",
        CheckConstraint("id = provider_id", name="of_itself"),
        CheckConstraint("state IN ('active', 'suspended', 'leaving', 'erased')", name="state"),
        CheckConstraint("(state = 'erased') = (erased_at IS NOT NULL)", name="erased_at"),
        CheckConstraint("language IN ('en', 'zh-CN')", name="language"),
    )


class Registration(Base):
    """That a provider is registered: what the operator's list of all providers is read from."""

    __tablename__ = "registration"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    registered_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index(None, "slug", "id"),
        Index(None, "updated_at", "id"),
        {"info": {"class": PLUMBING, "service": "gateway"}},
    )
