"""Tables of yearly registers and their rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, Record, tenant, within_provider
from services.complaints.complaints.rules import State

_STATES = ", ".join(f"'{state}'" for state in State)


class Register(Record, Base):
    """The register of a year (年度投诉台账): what was received from `begins_at` until `ends_at`, in the zone's year.

    `complaints` have a number as of the signature, `supplements` were registered later; `sha256` is the hash of the
    last row of the former, `last_sha256` that of the last row of all. Numbering goes on after `next_at` and `next_id`;
    complaints that were registered later are looked for among those that changed since `looked_at`.
    """

    __tablename__ = "register"

    year: Mapped[int] = mapped_column(SmallInteger())
    state: Mapped[str]
    zone: Mapped[str]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    signed_at: Mapped[datetime]
    signed_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    complaints: Mapped[int] = mapped_column(Integer())
    supplements: Mapped[int] = mapped_column(Integer())
    next_at: Mapped[datetime | None]
    next_id: Mapped[UUID | None]
    looked_at: Mapped[datetime | None]
    sha256: Mapped[str | None]
    last_sha256: Mapped[str]

    __table_args__ = tenant(
        "complaints",
        UniqueConstraint("provider_id", "year"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('numbering', 'closed')", name="state"),
        CheckConstraint(
            "(state = 'closed') <= (sha256 IS NOT NULL AND closed_at IS NOT NULL)", name="hash_when_closed"
        ),
    )


class RegisterRow(OfProvider, Base):
    """A complaint as it stood when it got its number; never changed.

    `sha256` is the hash of this row and of the one before it. `on_time`: decided within what was promised at receipt;
    null without a promise, and while neither is known.
    """

    __tablename__ = "register_row"

    register_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer())
    name: Mapped[str]
    supplement: Mapped[bool] = mapped_column(Boolean())
    numbered_at: Mapped[datetime]
    complaint_id: Mapped[UUID]
    receipt_number: Mapped[str]
    received_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    channel: Mapped[str]
    state: Mapped[str]
    category: Mapped[str]
    severity: Mapped[str | None]
    cause: Mapped[str | None]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    on_time: Mapped[bool | None] = mapped_column(Boolean())
    closed_at: Mapped[datetime | None]
    satisfaction: Mapped[str | None]
    handler_id: Mapped[UUID | None]
    sha256: Mapped[str]

    __table_args__ = tenant(
        "complaints",
        within_provider(["register_id"], "register"),
        within_provider(["complaint_id"], "complaint"),
        UniqueConstraint("provider_id", "register_id", "number"),
        UniqueConstraint("provider_id", "complaint_id"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
    )
