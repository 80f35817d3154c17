"""The table of the desk's policies."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant


class DeskPolicy(Record, Base):
    """A version of how the desk handles complaints: limits by severity, and what else its rules need (处理规则).

    The newest holds. What was assessed under an earlier one keeps that one: its `content` is copied to the complaint.
    Its `causes` are not, but read by its number; a version without any has the built-in ones.
    """

    __tablename__ = "desk_policy"

    number: Mapped[int] = mapped_column(Integer())
    content: Mapped[dict[str, Any]]
    causes: Mapped[list[dict[str, Any]] | None]
    published_at: Mapped[datetime]
    published_by: Mapped[str]

    __table_args__ = tenant(
        "complaints",
        UniqueConstraint("provider_id", "number"),
        Index(None, "provider_id", "updated_at", "id"),
    )
