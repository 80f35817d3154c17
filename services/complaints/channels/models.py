"""Tables of channels and their versions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, Record, tenant, within_provider


class Channel(Record, Base):
    """A way in which complaints reach the provider."""

    __tablename__ = "channel"

    code: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]

    __table_args__ = tenant(
        "complaints",
        UniqueConstraint("provider_id", "code"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('drafted', 'published', 'retired')", name="state"),
    )


class ChannelVersion(OfProvider, Base):
    """What is promised on a channel from `valid_from` until `valid_to`; never changed but for its end.

    `limits` holds working hours by clock; `content_hash` is the SHA-256 of the published content.
    """

    __tablename__ = "channel_version"

    channel_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer())
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    telephone: Mapped[str]
    web_address: Mapped[str]
    hours: Mapped[str | None]
    procedure: Mapped[str]
    limits: Mapped[dict[str, Any]]
    anonymous_allowed: Mapped[bool] = mapped_column(Boolean())
    privacy_notice_version: Mapped[str | None]
    privacy_notice: Mapped[str | None]
    next_review_on: Mapped[date] = mapped_column(Date())
    content_hash: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]

    __table_args__ = tenant(
        "complaints",
        within_provider(["channel_id"], "channel"),
        UniqueConstraint("provider_id", "channel_id", "number"),
        Index(None, "provider_id", "channel_id", "valid_from"),
        CheckConstraint("(privacy_notice IS NULL) = (privacy_notice_version IS NULL)", name="privacy_notice_whole"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
    )
