"""The tables that every service has for working time, clocks, tasks, files and messages."""

from chassis.migrations.calendars import create_calendars
from chassis.migrations.imports import create_imports

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Applies the change."""
    create_calendars("risk")
    create_imports("risk")
