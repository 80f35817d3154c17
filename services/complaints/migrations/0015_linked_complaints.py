"""Complaints that take an earlier one up again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("complaint", sa.Column("follows", sa.Uuid(), nullable=True))
    op.create_index(
        op.f("ix_complaint_provider_id_follows_received_at_id"),
        "complaint",
        ["provider_id", "follows", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("follows IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_complaint_provider_id_follows"),
        "complaint",
        "complaint",
        ["provider_id", "follows"],
        ["provider_id", "id"],
    )
