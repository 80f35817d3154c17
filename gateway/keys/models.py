"""The table of API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from chassis.tables import Base, Record, tenant, within_provider


class ApiKey(Record, Base):
    """An API key of a client or of a person; without scopes of its own it carries the holder's roles."""

    __tablename__ = "api_key"

    client_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    name: Mapped[str]
    scopes: Mapped[list[str] | None]
    expires_at: Mapped[datetime | None]
    state: Mapped[str]

    __table_args__ = tenant(
        "gateway",
        within_provider(["client_id"], "client"),
        within_provider(["account_id"], "member"),
        Index(None, "provider_id", "client_id", "updated_at", "id"),
        Index(None, "provider_id", "account_id", "updated_at", "id"),
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('active', 'withdrawn')", name="state"),
        CheckConstraint("(client_id IS NULL) <> (account_id IS NULL)", name="holder"),
    )
