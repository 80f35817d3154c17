"""The table of clients."""

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from chassis.tables import Base, Record, tenant


class Client(Record, Base):
    """A machine that acts for a provider, with the roles that it has there."""

    __tablename__ = "client"

    name: Mapped[str]
    roles: Mapped[list[str]]
    state: Mapped[str]

    __table_args__ = tenant(
        "gateway",
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('active', 'withdrawn')", name="state"),
    )
