"""Members and invitations, and keys that belong to people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import plumbing_table, tenant_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Applies the change."""
    _create_member()
    _create_invitation()
    op.create_table(
        "membership",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "provider_id", name=op.f("pk_membership")),
    )
    for table in ("member", "invitation"):
        tenant_table("gateway", table)
    plumbing_table("gateway", "membership")
    for table in ("api_key", "credential"):
        op.alter_column(table, "client_id", nullable=True)
        op.add_column(table, sa.Column("account_id", sa.Uuid(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_holder"), table, "(client_id IS NULL) <> (account_id IS NULL)")
    op.create_foreign_key(
        op.f("fk_api_key_provider_id_account_id"),
        "api_key",
        "member",
        ["provider_id", "account_id"],
        ["provider_id", "id"],
    )
    op.create_index(
        op.f("ix_api_key_provider_id_account_id_updated_at_id"),
        "api_key",
        ["provider_id", "account_id", "updated_at", "id"],
        unique=False,
    )


def _create_member() -> None:
    op.create_table(
        "member",
        *_of_person(),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'withdrawn')", name=op.f("ck_member_state")),
        sa.CheckConstraint("language IN ('en', 'zh-CN')", name=op.f("ck_member_language")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_member")),
    )
    op.create_index(
        op.f("ix_member_provider_id_updated_at_id"), "member", ["provider_id", "updated_at", "id"], unique=False
    )


def _create_invitation() -> None:
    op.create_table(
        "invitation",
        *_of_person(),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("withdraw_keys", sa.Boolean(), nullable=False),
        sa.Column("recovery", sa.Boolean(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("usable_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'accepted', 'withdrawn')", name=op.f("ck_invitation_state")),
        sa.CheckConstraint("language IN ('en', 'zh-CN')", name=op.f("ck_invitation_language")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("provider_id", "secret_hash", name=op.f("uq_invitation_provider_id_secret_hash")),
    )
    for columns in (("updated_at", "id"), ("account_id", "updated_at", "id")):
        op.create_index(
            op.f(f"ix_invitation_provider_id_{'_'.join(columns)}"),
            "invitation",
            ["provider_id", *columns],
            unique=False,
        )


def _of_person() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
    )
