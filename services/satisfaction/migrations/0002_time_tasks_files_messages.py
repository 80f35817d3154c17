"""The tables that every service has for working time, clocks, tasks, files and messages."""

from chassis.migrations.calendars import create_calendars
from chassis.migrations.imports import create_imports

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Applies the change."""
    create_calendars("satisfaction")
    create_imports("satisfaction")
