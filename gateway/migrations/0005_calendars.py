"""Working calendars; providers that were registered before get their first version by its timer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0005"
down_revision = "0004"

BEGIN_CALENDARS = """
INSERT INTO timer (provider_id, record, clock, step, due_at, failures)
SELECT id, id, 'calendar_renewal', 'daily', now(), 0 FROM registration
ON CONFLICT DO NOTHING
"""
REASONS = "'registered', 'profile_changed', 'region_changed', 'list_loaded', 'days_overridden', 'library_renewed'"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "calendar",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("makeup_hours", postgresql.JSONB(), nullable=True),
        sa.Column("library", sa.Text(), nullable=False),
        sa.Column("listed", postgresql.JSONB(), nullable=False),
        sa.Column("uploaded", postgresql.JSONB(), nullable=False),
        sa.Column("overrides", postgresql.JSONB(), nullable=False),
        sa.Column("official_through", sa.Date(), nullable=True),
        sa.Column("warned_through", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint(f"reason IN ({REASONS})", name=op.f("ck_calendar_reason")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("provider_id", "number", name=op.f("uq_calendar_provider_id_number")),
    )
    op.create_index(op.f("ix_calendar_provider_id_number_id"), "calendar", ["provider_id", "number", "id"])
    tenant_table("gateway", "calendar")
    op.execute(BEGIN_CALENDARS)
