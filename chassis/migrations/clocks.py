"""Tables of clocks and tasks, as every service has them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

AT = sa.DateTime(timezone=True)


def create_clocks(service: str) -> None:
    """The clocks of records and their intervals."""
    op.create_table(
        "clock",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("calendar_number", sa.Integer(), nullable=False),
        sa.Column("promised_minutes", sa.Integer(), nullable=True),
        sa.Column("promised_due_at", AT, nullable=True),
        sa.Column("limit_minutes", sa.Integer(), nullable=True),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("stopped_at", AT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reached", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'paused', 'stopped')", name=op.f("ck_clock_state")),
        sa.CheckConstraint("(state = 'stopped') = (stopped_at IS NOT NULL)", name=op.f("ck_clock_stopped_at")),
        sa.CheckConstraint("stopped_at >= started_at", name=op.f("ck_clock_period")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_clock")),
        sa.UniqueConstraint(
            "provider_id", "record_id", "name", "round", name=op.f("uq_clock_provider_id_record_id_name_round")
        ),
    )
    op.create_index(
        "uq_clock_provider_id_record_id_name_live",
        "clock",
        ["provider_id", "record_id", "name"],
        unique=True,
        postgresql_where=sa.text("state <> 'stopped'"),
    )
    op.create_index(
        op.f("ix_clock_provider_id_due_at_record_id"),
        "clock",
        ["provider_id", "due_at", "record_id"],
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "clock_interval",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.CheckConstraint("kind IN ('running', 'paused')", name=op.f("ck_clock_interval_kind")),
        sa.CheckConstraint("(kind = 'paused') = (reason IS NOT NULL)", name=op.f("ck_clock_interval_reason")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_clock_interval_period")),
        sa.ForeignKeyConstraint(
            ["provider_id", "clock_id"],
            ["clock.provider_id", "clock.id"],
            name=op.f("fk_clock_interval_provider_id_clock_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "clock_id", "place", name=op.f("pk_clock_interval")),
    )
    for table in ("clock", "clock_interval"):
        tenant_table(service, table)


def create_tasks(service: str) -> None:
    """What people are asked to do."""
    op.create_table(
        "task",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("given_to", sa.Text(), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("listed_at", AT, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("handed_from", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'handed_over', 'cancelled')", name=op.f("ck_task_state")),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_task_ended_at")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_task")),
    )
    op.create_index(
        "uq_task_provider_id_record_id_why_level_open",
        "task",
        ["provider_id", "record_id", "why", "level"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_task_provider_id_given_to_state_listed_at_id"),
        "task",
        ["provider_id", "given_to", "state", "listed_at", "id"],
    )
    tenant_table(service, "task")
