"""Tables of clocks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, tenant, within_provider


class Clock(OfProvider, Base):
    """A clock of a record. A record has each clock once at a time; one that starts again is another `round`.

    It is measured on the version of the calendar that held when it started (`calendar_number`), for good. The limits
    are minutes of working time, null where there is no target. `promised_…` is what was set at the start and never
    moves; `due_at` is what is agreed now. `reached` is the percentage of the highest rung of the ladder that was taken.
    """

    __tablename__ = "clock"

    record_type: Mapped[str]
    record_id: Mapped[UUID]
    name: Mapped[str]
    round: Mapped[int] = mapped_column(SmallInteger())
    calendar_number: Mapped[int] = mapped_column(Integer())
    promised_minutes: Mapped[int | None] = mapped_column(Integer())
    promised_due_at: Mapped[datetime | None]
    limit_minutes: Mapped[int | None] = mapped_column(Integer())
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    state: Mapped[str]
    reached: Mapped[int] = mapped_column(SmallInteger())

    __table_args__ = tenant(
        None,
        UniqueConstraint("provider_id", "record_id", "name", "round"),
        Index(
            "uq_clock_provider_id_record_id_name_live",
            "provider_id",
            "record_id",
            "name",
            unique=True,
            postgresql_where=text("state <> 'stopped'"),
        ),
        Index(None, "provider_id", "due_at", "record_id", postgresql_where=text("state = 'running'")),
        CheckConstraint("state IN ('running', 'paused', 'stopped')", name="state"),
        CheckConstraint("(state = 'stopped') = (stopped_at IS NOT NULL)", name="stopped_at"),
        CheckConstraint("stopped_at >= started_at", name="period"),
    )


class ClockInterval(Base):
    """A stretch of a clock's life, in which it runs or pauses; each begins where the one before it ended.

    A pause has its reason's code.
    """

    __tablename__ = "clock_interval"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    clock_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(Integer(), primary_key=True, autoincrement=False)
    kind: Mapped[str]
    reason: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = tenant(
        None,
        within_provider(["clock_id"], "clock"),
        CheckConstraint("kind IN ('running', 'paused')", name="kind"),
        CheckConstraint("(kind = 'paused') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint("ended_at >= started_at", name="period"),
    )
