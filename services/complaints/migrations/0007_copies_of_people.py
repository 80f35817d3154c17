"""Copies of departments, staff, trainings and appointments."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "appointment_copy",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("dedicated", sa.Boolean(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_appointment_copy")),
    )
    op.create_index(
        op.f("ix_appointment_copy_provider_id_account_id"), "appointment_copy", ["provider_id", "account_id"]
    )
    op.create_index(
        op.f("ix_appointment_copy_provider_id_duty_begins_on"), "appointment_copy", ["provider_id", "duty", "begins_on"]
    )
    op.create_table(
        "department_copy",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_department_copy")),
    )
    op.create_index(op.f("ix_department_copy_provider_id_head_id"), "department_copy", ["provider_id", "head_id"])
    op.create_table(
        "staff_copy",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("employed", sa.Boolean(), nullable=False),
        sa.Column("absent_from", sa.Date(), nullable=True),
        sa.Column("absent_until", sa.Date(), nullable=True),
        sa.Column("backup_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_staff_copy")),
    )
    op.create_table(
        "training_copy",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("competence", sa.Text(), nullable=False),
        sa.Column("qualifies", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_training_copy")),
    )
    op.create_index(op.f("ix_training_copy_provider_id_account_id"), "training_copy", ["provider_id", "account_id"])
    for table in ("department_copy", "staff_copy", "training_copy", "appointment_copy"):
        tenant_table("complaints", table)
