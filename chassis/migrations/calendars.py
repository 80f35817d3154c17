"""Tables of calendars, as every service has them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table


def create_calendars(service: str) -> None:
    """The versions of each provider's working calendar."""
    op.create_table(
        "calendar_version",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
        sa.Column("official_through", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "number", name="pk_calendar_version"),
    )
    tenant_table(service, "calendar_version")
