"""What is known of documents that serve clause 8.2: versions in force, and who has read them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "system_reading",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_version_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_system_reading")),
    )
    op.create_index(
        op.f("ix_system_reading_provider_id_system_version_id_account_id"),
        "system_reading",
        ["provider_id", "system_version_id", "account_id"],
        unique=False,
    )
    op.create_table(
        "system_version",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("serves", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_force_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "in_force_to IS NULL OR in_force_to >= in_force_from", name=op.f("ck_system_version_period")
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_system_version")),
    )
    op.create_index(
        op.f("ix_system_version_provider_id_in_force_from"),
        "system_version",
        ["provider_id", "in_force_from"],
        unique=False,
    )
    tenant_table("complaints", "system_version")
    tenant_table("complaints", "system_reading")
