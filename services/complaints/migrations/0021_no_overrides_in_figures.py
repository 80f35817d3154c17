"""Figures without a count of overrides, which was always 0: rules are waived."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Applies the change."""
    op.drop_column("complaint_figure", "overrides")
