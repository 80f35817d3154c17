"""The tables that every service has for working time, clocks, tasks, files and messages."""

from chassis.migrations.calendars import create_calendars
from chassis.migrations.clocks import create_clocks, create_tasks

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Applies the change."""
    create_calendars("projects")
    create_clocks("projects")
    create_tasks("projects")
