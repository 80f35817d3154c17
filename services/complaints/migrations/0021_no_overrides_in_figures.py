"""Figures without a count of overrides, which was always 0: the column is filled by itself until it goes."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Applies the change."""
    op.alter_column("complaint_figure", "overrides", server_default="0")
