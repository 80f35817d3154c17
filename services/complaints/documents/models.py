"""Tables of what is known of documents, kept from the events of risk."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, tenant


class SystemVersion(OfProvider, Base):
    """A version of a written system (制度) that came into force for requirements of clause 8.2.

    `id` is the version's own at risk and `version` that record's, of which the newest wins. It is in force from
    `in_force_from` until before `in_force_to`.
    """

    __tablename__ = "system_version"

    version: Mapped[int]
    document_id: Mapped[UUID]
    code: Mapped[str]
    number: Mapped[int] = mapped_column(Integer())
    serves: Mapped[list[str]]
    in_force_from: Mapped[datetime]
    in_force_to: Mapped[datetime | None]

    __table_args__ = tenant(
        "complaints",
        Index(None, "provider_id", "in_force_from"),
        CheckConstraint("in_force_to IS NULL OR in_force_to >= in_force_from", name="period"),
    )


class SystemReading(OfProvider, Base):
    """The confirmation of a person to have read such a version, which may be known before the version is."""

    __tablename__ = "system_reading"

    system_version_id: Mapped[UUID]
    account_id: Mapped[UUID]
    confirmed_at: Mapped[datetime]

    __table_args__ = tenant("complaints", Index(None, "provider_id", "system_version_id", "account_id"))
