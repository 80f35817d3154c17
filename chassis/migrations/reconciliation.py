"""What reconciliation needs, as every service has it."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import plumbing_table

AT = sa.DateTime(timezone=True)


def create_reconciliation(service: str) -> None:
    """Type and time of handled events, indexes by time, results, how far each type is complete, and rebuilding.

    Rows of the inbox from before keep nulls: the exact comparison finds them by the event's id.
    """
    op.add_column("inbox", sa.Column("type", sa.Text(), nullable=True))
    op.add_column("inbox", sa.Column("at", AT, nullable=True))
    op.create_index("ix_inbox_at", "inbox", ["at"])
    op.create_index("ix_journal_at", "journal", ["at"])
    op.create_index("ix_dead_letter_event_id", "dead_letter", ["event_id"])
    op.create_table(
        "reconciliation",
        sa.Column("producer", sa.Text(), nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("leased_until", AT, nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("differing", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("replayed", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("producer", name="pk_reconciliation"),
    )
    op.create_table(
        "reconciled",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("through", AT, nullable=False),
        sa.PrimaryKeyConstraint("type", name="pk_reconciled"),
    )
    op.create_table(
        "rebuilding",
        sa.Column("stream_created_at", AT, nullable=False),
        sa.Column("after", AT, nullable=False),
        sa.Column("through", AT, nullable=False),
        sa.PrimaryKeyConstraint("stream_created_at", name="pk_rebuilding"),
    )
    for table in ("reconciliation", "reconciled", "rebuilding"):
        plumbing_table(service, table)
