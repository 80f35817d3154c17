"""Plumbing of authentication: whose a credential is, found without knowing the provider, and what was withdrawn."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PLUMBING, Base


class Credential(Base):
    """A client's secret (its id is the client's), or an API key of a client or a person, by the SHA-256 of it."""

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint("(client_id IS NULL) <> (account_id IS NULL)", name="holder"),
        {"info": {"class": PLUMBING, "service": "gateway"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID]
    client_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    secret_hash: Mapped[bytes]


class Withdrawal(Base):
    """That tokens of a client, a membership or an API key, issued at this instant or before, count no more."""

    __tablename__ = "withdrawal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    withdrawn_at: Mapped[datetime]

    __table_args__ = (Index(None, "withdrawn_at"), {"info": {"class": PLUMBING, "service": "gateway"}})
