"""The table of departments and teams."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chassis.tables import Base, Record, tenant


class Department(Record, Base):
    """A department, or a team within its parent; `head_id` is the account of whoever heads it.

    Its guards see to parent and head. Foreign keys would not: to itself and around by `staff`, they would be in the way
    of whoever deletes rows in batches.
    """

    __tablename__ = "department"

    code: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[UUID | None]
    head_id: Mapped[UUID | None]
    state: Mapped[str]

    __table_args__ = tenant(
        "projects",
        UniqueConstraint("provider_id", "code"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "parent_id"),
        Index(None, "provider_id", "head_id"),
        CheckConstraint("state IN ('active', 'retired')", name="state"),
        CheckConstraint("kind IN ('department', 'team')", name="kind"),
        CheckConstraint("(kind = 'department') = (parent_id IS NULL)", name="parent_of_team"),
    )
