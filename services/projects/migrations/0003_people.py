"""Departments, staff, trainings and appointments."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "department",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'department') = (parent_id IS NULL)", name=op.f("ck_department_parent_of_team")),
        sa.CheckConstraint("kind IN ('department', 'team')", name=op.f("ck_department_kind")),
        sa.CheckConstraint("state IN ('active', 'retired')", name=op.f("ck_department_state")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_department")),
        sa.UniqueConstraint("provider_id", "code", name=op.f("uq_department_provider_id_code")),
    )
    op.create_index(op.f("ix_department_provider_id_head_id"), "department", ["provider_id", "head_id"])
    op.create_index(op.f("ix_department_provider_id_parent_id"), "department", ["provider_id", "parent_id"])
    op.create_index(op.f("ix_department_provider_id_updated_at_id"), "department", ["provider_id", "updated_at", "id"])
    op.create_table(
        "staff",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("absent_from", sa.Date(), nullable=True),
        sa.Column("absent_until", sa.Date(), nullable=True),
        sa.Column("backup_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('employed', 'left')", name=op.f("ck_staff_state")),
        sa.CheckConstraint(
            "(absent_from IS NULL) = (absent_until IS NULL) AND (absent_from IS NULL) = (backup_id IS NULL)",
            name=op.f("ck_staff_absence_whole"),
        ),
        sa.CheckConstraint("absent_until >= absent_from", name=op.f("ck_staff_absence_in_order")),
        sa.ForeignKeyConstraint(
            ["provider_id", "department_id"],
            ["department.provider_id", "department.id"],
            name=op.f("fk_staff_provider_id_department_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "team_id"],
            ["department.provider_id", "department.id"],
            name=op.f("fk_staff_provider_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_staff")),
    )
    op.create_index(op.f("ix_staff_provider_id_backup_id"), "staff", ["provider_id", "backup_id"])
    op.create_index(op.f("ix_staff_provider_id_department_id"), "staff", ["provider_id", "department_id"])
    op.create_index(op.f("ix_staff_provider_id_team_id"), "staff", ["provider_id", "team_id"])
    op.create_index(op.f("ix_staff_provider_id_updated_at_id"), "staff", ["provider_id", "updated_at", "id"])
    op.create_table(
        "appointment",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("dedicated", sa.Boolean(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'in_force') = (cause IS NULL)", name=op.f("ck_appointment_cause_of_end")),
        sa.CheckConstraint("state IN ('in_force', 'ended')", name=op.f("ck_appointment_state")),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_appointment_in_order")),
        sa.CheckConstraint("share BETWEEN 1 AND 100", name=op.f("ck_appointment_share")),
        sa.ForeignKeyConstraint(
            ["provider_id", "account_id"],
            ["staff.provider_id", "staff.id"],
            name=op.f("fk_appointment_provider_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_appointment")),
    )
    op.create_index(op.f("ix_appointment_provider_id_account_id"), "appointment", ["provider_id", "account_id"])
    op.create_index(
        op.f("ix_appointment_provider_id_updated_at_id"), "appointment", ["provider_id", "updated_at", "id"]
    )
    op.create_table(
        "training",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("competence", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("pass_mark", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("assessor_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('business', 'law', 'skill')", name=op.f("ck_training_kind")),
        sa.CheckConstraint(
            "state IN ('planned', 'taken', 'passed', 'failed', 'valid', 'expired', 'withdrawn')",
            name=op.f("ck_training_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('valid', 'expired') OR valid_until IS NOT NULL", name=op.f("ck_training_validity_known")
        ),
        sa.CheckConstraint("(valid_from IS NULL) = (valid_until IS NULL)", name=op.f("ck_training_validity_whole")),
        sa.CheckConstraint("pass_mark BETWEEN 1 AND 100", name=op.f("ck_training_pass_mark")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_training_score")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_training_validity_in_order")),
        sa.ForeignKeyConstraint(
            ["provider_id", "account_id"],
            ["staff.provider_id", "staff.id"],
            name=op.f("fk_training_provider_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_training")),
    )
    op.create_index(op.f("ix_training_provider_id_account_id"), "training", ["provider_id", "account_id"])
    op.create_index(op.f("ix_training_provider_id_updated_at_id"), "training", ["provider_id", "updated_at", "id"])
    for table in ("department", "staff", "training", "appointment"):
        tenant_table("projects", table)
