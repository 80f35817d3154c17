"""The table of members of staff."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant, within_provider


class Staff(Record, Base):
    """A member of staff (员工) by the id of the person's account, whose name and login are the gateway's.

    `post` is the code of what they work as; `staff_number` is what they are known by on forms (工号): nobody else has
    it, not even after they have left. From `absent_from` to `absent_until`, both days included, `backup_id`, who
    is another member of staff, stands in.
    """

    __tablename__ = "staff"

    department_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    post: Mapped[str]
    state: Mapped[str]
    absent_from: Mapped[date | None] = mapped_column(Date())
    absent_until: Mapped[date | None] = mapped_column(Date())
    backup_id: Mapped[UUID | None]
    staff_number: Mapped[str | None]

    __table_args__ = tenant(
        "projects",
        within_provider(["department_id"], "department"),
        within_provider(["team_id"], "department"),
        UniqueConstraint("provider_id", "staff_number"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "department_id"),
        Index(None, "provider_id", "team_id"),
        Index(None, "provider_id", "backup_id"),
        CheckConstraint("state IN ('employed', 'left')", name="state"),
        CheckConstraint(
            "(absent_from IS NULL) = (absent_until IS NULL) AND (absent_from IS NULL) = (backup_id IS NULL)",
            name="absence_whole",
        ),
        CheckConstraint("absent_until >= absent_from", name="absence_in_order"),
    )
