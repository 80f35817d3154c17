"""Causes of complaints as data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("desk_policy", sa.Column("causes", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
