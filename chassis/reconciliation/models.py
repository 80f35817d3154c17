"""The tables of reconciliation; all are plumbing."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PLUMBING, Base

_PLUMBING: Any = {"info": {"class": PLUMBING}}


class Reconciliation(Base):
    """The next comparison with a producer, and what the last one found.

    `leased_until` is set while a process is at it. The figures are those of the last comparison that came to its end,
    at `finished_at`; `fault` says why the last one did not, after `failures` tries.
    """

    __tablename__ = "reconciliation"
    __table_args__ = _PLUMBING

    producer: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    hours: Mapped[int]
    differing: Mapped[int]
    missing: Mapped[int]
    replayed: Mapped[int]
    failures: Mapped[int]
    fault: Mapped[str | None]


class Reconciled(Base):
    """Of a type, every event up to `through` has been handled here or is a dead letter; it only ever grows."""

    __tablename__ = "reconciled"
    __table_args__ = _PLUMBING

    type: Mapped[str] = mapped_column(primary_key=True)
    through: Mapped[datetime]


class Rebuilding(Base):
    """One life of this service's stream that began empty: what the journal has between `after` and `through` is due."""

    __tablename__ = "rebuilding"
    __table_args__ = _PLUMBING

    stream_created_at: Mapped[datetime] = mapped_column(primary_key=True)
    after: Mapped[datetime]
    through: Mapped[datetime]
