"""Plumbing of authentication: whose a credential is, found without knowing the provider, and what was withdrawn."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PLUMBING, Base


class Credential(Base):
    """A client's secret (its id is the client's) or one of its API keys, by the SHA-256 of what is shown."""

    __tablename__ = "credential"
    __table_args__ = ({"info": {"class": PLUMBING, "service": "gateway"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID]
    client_id: Mapped[UUID]
    secret_hash: Mapped[bytes]


class Withdrawal(Base):
    """That tokens of a client or an API key count no more when they were issued at this instant or before."""

    __tablename__ = "withdrawal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    withdrawn_at: Mapped[datetime]

    __table_args__ = (Index(None, "withdrawn_at"), {"info": {"class": PLUMBING, "service": "gateway"}})
