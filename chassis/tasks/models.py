"""The table of tasks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, tenant


class Task(OfProvider, Base):
    """What somebody is asked to do about a record, written in the transaction of the event `made_by`.

    `why` is the code of its kind, `level` the rung of a clock's ladder that gave it, 0 for none; `given_to` is
    `role:<role>` or `person:<account id>`. `listed_at` is its due time, or when it was made where it has none. One that
    was handed over is followed by another, whose `handed_from` it is.
    """

    __tablename__ = "task"

    record_type: Mapped[str]
    record_id: Mapped[UUID]
    why: Mapped[str]
    level: Mapped[int] = mapped_column(SmallInteger())
    parameters: Mapped[dict[str, Any]]
    clause: Mapped[str | None]
    given_to: Mapped[str]
    due_at: Mapped[datetime | None]
    listed_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    handed_from: Mapped[UUID | None]

    __table_args__ = tenant(
        None,
        Index(
            "uq_task_provider_id_record_id_why_level_open",
            "provider_id",
            "record_id",
            "why",
            "level",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "provider_id", "given_to", "state", "listed_at", "id"),
        CheckConstraint("state IN ('open', 'done', 'handed_over', 'cancelled')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_at"),
        once=True,
    )
