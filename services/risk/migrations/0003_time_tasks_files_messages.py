"""The tables that every service has for working time, clocks, tasks, files and messages."""

from chassis.migrations.attachments import create_attachments
from chassis.migrations.calendars import create_calendars
from chassis.migrations.clocks import create_clocks, create_tasks
from chassis.migrations.imports import create_imports
from chassis.migrations.messages import create_messages
from chassis.migrations.persons import create_persons
from chassis.migrations.reconciliation import create_reconciliation

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Applies the change."""
    create_calendars("risk")
    create_persons("risk")
    create_reconciliation("risk")
    create_attachments("risk")
    create_messages("risk")
    create_clocks("risk")
    create_tasks("risk")
    create_imports("risk")
