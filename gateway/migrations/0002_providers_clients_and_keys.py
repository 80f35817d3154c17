"""Providers, clients and keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import plumbing_table, tenant_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "client",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'withdrawn')", name=op.f("ck_client_state")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_client")),
    )
    op.create_index(
        op.f("ix_client_provider_id_updated_at_id"), "client", ["provider_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_table(
        "profile",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("working_hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("language IN ('en', 'zh-CN')", name=op.f("ck_profile_language")),
        sa.CheckConstraint("id = provider_id", name=op.f("ck_profile_of_itself")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_profile")),
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_slug_id"), "registration", ["slug", "id"], unique=False)
    op.create_index(op.f("ix_registration_updated_at_id"), "registration", ["updated_at", "id"], unique=False)
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
    )
    op.create_index(op.f("ix_withdrawal_withdrawn_at"), "withdrawal", ["withdrawn_at"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'withdrawn')", name=op.f("ck_api_key_state")),
        sa.ForeignKeyConstraint(
            ["provider_id", "client_id"],
            ["client.provider_id", "client.id"],
            name=op.f("fk_api_key_provider_id_client_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_api_key")),
    )
    op.create_index(
        op.f("ix_api_key_provider_id_client_id_updated_at_id"),
        "api_key",
        ["provider_id", "client_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_api_key_provider_id_updated_at_id"), "api_key", ["provider_id", "updated_at", "id"], unique=False
    )
    for table in ("profile", "client", "api_key"):
        tenant_table("gateway", table)
    for table in ("registration", "credential", "withdrawal"):
        plumbing_table("gateway", table)
