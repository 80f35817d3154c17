"""Tables of erasures, disclosures and retention."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant


class Erasure(Record, Base):
    """The proof that a person's data were erased.

    `basis` is a code, `rows` how many rows of each table were touched.
    """

    __tablename__ = "erasure"

    person_id: Mapped[UUID]
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    data_class: Mapped[str]
    basis: Mapped[str]
    erased_at: Mapped[datetime]
    erased_by: Mapped[str]
    rows: Mapped[dict[str, Any]]

    __table_args__ = tenant(
        None,
        UniqueConstraint("provider_id", "person_id"),
        Index(None, "provider_id", "erased_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("basis IN ('request', 'retention')", name="basis"),
    )


class Disclosure(Record, Base):
    """That all data of a person were told, to be handed to them."""

    __tablename__ = "disclosure"

    person_id: Mapped[UUID]
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    told_at: Mapped[datetime]
    told_by: Mapped[str]

    __table_args__ = tenant(None, Index(None, "provider_id", "person_id", "told_at"))


class RetentionRule(Base):
    """For how many years a provider keeps one class of personal data after its record has ended."""

    __tablename__ = "retention_rule"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    data_class: Mapped[str] = mapped_column(primary_key=True)
    years: Mapped[int] = mapped_column(Integer())
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]

    __table_args__ = tenant(None, CheckConstraint("years BETWEEN 1 AND 30", name="years"))
