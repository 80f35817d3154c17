"""Waivers are found without going through all records of handling."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Applies the change."""
    op.create_index(
        op.f("ix_handling_record_provider_id_complaint_id"),
        "handling_record",
        ["provider_id", "complaint_id"],
        unique=False,
        postgresql_where=sa.text("step = 'waive'"),
    )
