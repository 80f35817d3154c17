"""The table of appointments."""

from datetime import date
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant, within_provider


class Appointment(Record, Base):
    """The appointment (任命) of a member of staff to a duty, with the document by which it was made.

    It holds from `begins_on` to `ends_on`, both days included, or without an end; `share` is the percentage of the
    person's time. `cause` says why it was ended; what was entered by mistake never held.
    """

    __tablename__ = "appointment"

    account_id: Mapped[UUID]
    duty: Mapped[str]
    dedicated: Mapped[bool] = mapped_column(Boolean())
    share: Mapped[int] = mapped_column(Integer())
    begins_on: Mapped[date] = mapped_column(Date())
    ends_on: Mapped[date | None] = mapped_column(Date())
    document: Mapped[str]
    state: Mapped[str]
    cause: Mapped[str | None]

    __table_args__ = tenant(
        "projects",
        within_provider(["account_id"], "staff"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "account_id"),
        CheckConstraint("state IN ('in_force', 'ended')", name="state"),
        CheckConstraint("(state = 'in_force') = (cause IS NULL)", name="cause_of_end"),
        CheckConstraint("share BETWEEN 1 AND 100", name="share"),
        CheckConstraint("ends_on >= begins_on", name="in_order"),
    )
