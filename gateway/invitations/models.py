"""The table of invitations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, tenant
from gateway.members.models import OfPerson


class Invitation(OfPerson, Base):
    """An invitation by a link, found by the hash of its secret.

    `account_id` is the member that it is for, later the one it made; for an active member it brings no roles.
    `made_by` is who invites: it ends with that one's rights.
    `recovery` is the operator's way to give a provider an administrator; the reason is sealed with the person's key.
    """

    __tablename__ = "invitation"

    roles: Mapped[list[str]]
    account_id: Mapped[UUID | None]
    withdraw_keys: Mapped[bool] = mapped_column(Boolean())
    recovery: Mapped[bool] = mapped_column(Boolean())
    reason_sealed: Mapped[bytes | None]
    usable_from: Mapped[datetime]
    expires_at: Mapped[datetime]
    secret_hash: Mapped[bytes]
    made_by: Mapped[str]
    state: Mapped[str]

    __table_args__ = tenant(
        "gateway",
        UniqueConstraint("provider_id", "secret_hash"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "account_id", "updated_at", "id"),
        CheckConstraint("state IN ('open', 'accepted', 'withdrawn')", name="state"),
        CheckConstraint("language IN ('en', 'zh-CN')", name="language"),
    )
