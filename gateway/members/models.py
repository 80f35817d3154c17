"""Tables of members, and what is personal about people."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.sealing import PersonKey, ProviderVault
from chassis.tables import PLUMBING, Base, Record, tenant


class Personal(NamedTuple):
    """What is personal about someone, readable; None where it was erased or never told."""

    name: str | None
    email: str | None


NOTHING = Personal(None, None)


class OfPerson(Record):
    """Columns of a record of one person: name and address, sealed with the person's own key.

    Deleting `wrapped_key` erases them.
    """

    wrapped_key: Mapped[bytes | None]
    name_sealed: Mapped[bytes | None]
    email_sealed: Mapped[bytes | None]
    language: Mapped[str]

    def seal(self, vault: ProviderVault, personal: Personal) -> PersonKey:
        """Keeps name and address, sealed with the key that is returned: the person's here, or a new one."""
        key = self._key(vault) or vault.new_person(self.id)
        self.wrapped_key = key.wrapped
        self.name_sealed, self.email_sealed = key.seal(personal.name, "name"), key.seal(personal.email, "email")
        return key

    def open(self, vault: ProviderVault) -> Personal:
        """Name and address; nothing once they were erased."""
        key = self._key(vault)
        return Personal(key.open(self.name_sealed, "name"), key.open(self.email_sealed, "email")) if key else NOTHING

    def open_field(self, vault: ProviderVault, sealed: bytes | None, field: str) -> str | None:
        """What was sealed with the person's key; None once that was deleted."""
        key = self._key(vault)
        return None if key is None else key.open(sealed, field)

    def _key(self, vault: ProviderVault) -> PersonKey | None:
        return None if self.wrapped_key is None else vault.person(self.id, self.wrapped_key)


class Member(OfPerson, Base):
    """A person who works for a provider, with the roles there; the id is that of the person's account."""

    __tablename__ = "member"

    roles: Mapped[list[str]]
    state: Mapped[str]

    __table_args__ = tenant(
        "gateway",
        Index(None, "provider_id", "updated_at", "id"),
        CheckConstraint("state IN ('active', 'withdrawn')", name="state"),
        CheckConstraint("language IN ('en', 'zh-CN')", name="language"),
    )


class Membership(Base):
    """That an account is an active member of a provider: how a person finds all of theirs."""

    __tablename__ = "membership"
    __table_args__ = ({"info": {"class": PLUMBING, "service": "gateway"}},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
