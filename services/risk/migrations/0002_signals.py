"""Signals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "signal",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('raised')", name=op.f("ck_signal_state")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_signal")),
        sa.UniqueConstraint(
            "provider_id", "source_type", "source_id", name=op.f("uq_signal_provider_id_source_type_source_id")
        ),
    )
    op.create_index(
        op.f("ix_signal_provider_id_occurred_at_id"), "signal", ["provider_id", "occurred_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_signal_provider_id_updated_at_id"), "signal", ["provider_id", "updated_at", "id"], unique=False
    )
    tenant_table("risk", "signal")
