"""Tables of providers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PLUMBING, Base, Record, tenant


class Profile(Record, Base):
    """A provider (供方) as it describes itself; its record is its own."""

    __tablename__ = "profile"

    slug: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]
    language: Mapped[str]
    working_hours: Mapped[dict[str, Any]]

    __table_args__ = tenant(
        "gateway",
        CheckConstraint("id = provider_id", name="of_itself"),
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
