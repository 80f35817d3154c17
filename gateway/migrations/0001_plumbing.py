"""The tables that every service has."""

from chassis.migrations.plumbing import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Applies the change."""
    create_plumbing("gateway")
