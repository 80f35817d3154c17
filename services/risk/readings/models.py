"""The table of readings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chassis.tables import Base, Record, tenant, within_provider


class Reading(Record, Base):
    """The confirmation of one person to have read one version of a document (阅读确认)."""

    __tablename__ = "reading"

    document_version_id: Mapped[UUID]
    account_id: Mapped[UUID]
    confirmed_at: Mapped[datetime]

    __table_args__ = tenant(
        "risk",
        within_provider(["document_version_id"], "document_version"),
        UniqueConstraint("provider_id", "document_version_id", "account_id"),
        Index(None, "provider_id", "document_version_id", "confirmed_at", "id"),
    )
