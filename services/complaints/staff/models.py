"""Tables of the copies of departments, staff, trainings and appointments."""

from datetime import date
from uuid import UUID

from sqlalchemy import Boolean, Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, tenant


class Copied(OfProvider):
    """Columns of a copy: `version` is that of the record it is of; the newest wins.

    Copies point at one another without foreign keys, because they arrive in any order.
    """

    version: Mapped[int] = mapped_column(sort_order=-3)


class DepartmentCopy(Copied, Base):
    """A department, or a team of its parent, with the account of its head; `active` until it is retired."""

    __tablename__ = "department_copy"

    code: Mapped[str]
    parent_id: Mapped[UUID | None]
    head_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(Boolean())

    __table_args__ = tenant("complaints", Index(None, "provider_id", "head_id"))


class StaffCopy(Copied, Base):
    """A member of staff by the person's account: where they work, as what, and until when `backup_id` stands in.

    `staff_number` is what they are known by on forms (工号).
    """

    __tablename__ = "staff_copy"

    department_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    employed: Mapped[bool] = mapped_column(Boolean())
    absent_from: Mapped[date | None] = mapped_column(Date())
    absent_until: Mapped[date | None] = mapped_column(Date())
    backup_id: Mapped[UUID | None]
    staff_number: Mapped[str | None]
    post: Mapped[str | None]

    __table_args__ = tenant("complaints")


class TrainingCopy(Copied, Base):
    """A training; it `qualifies` on the days of its validity, also after these, but not once it was withdrawn."""

    __tablename__ = "training_copy"

    account_id: Mapped[UUID]
    competence: Mapped[str]
    qualifies: Mapped[bool] = mapped_column(Boolean())
    valid_from: Mapped[date | None] = mapped_column(Date())
    valid_until: Mapped[date | None] = mapped_column(Date())

    __table_args__ = tenant("complaints", Index(None, "provider_id", "account_id"))


class AppointmentCopy(Copied, Base):
    """An appointment; it `holds` on the days of its term, also after these, but not if it was entered by mistake."""

    __tablename__ = "appointment_copy"

    account_id: Mapped[UUID]
    duty: Mapped[str]
    dedicated: Mapped[bool] = mapped_column(Boolean())
    holds: Mapped[bool] = mapped_column(Boolean())
    begins_on: Mapped[date] = mapped_column(Date())
    ends_on: Mapped[date | None] = mapped_column(Date())

    __table_args__ = tenant(
        "complaints",
        Index(None, "provider_id", "account_id"),
        Index(None, "provider_id", "duty", "begins_on"),
    )
