"""The tables that every service has for working time, clocks, tasks, files and messages."""

from chassis.migrations.attachments import create_attachments
from chassis.migrations.calendars import create_calendars
from chassis.migrations.clocks import create_clocks, create_tasks
from chassis.migrations.imports import create_imports
from chassis.migrations.messages import create_messages
from chassis.migrations.persons import create_persons
from chassis.migrations.reconciliation import create_reconciliation

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Applies the change."""
    create_calendars("projects")
    create_persons("projects")
    create_reconciliation("projects")
    create_attachments("projects")
    create_messages("projects")
    create_clocks("projects")
    create_tasks("projects")
    create_imports("projects")
