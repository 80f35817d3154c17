"""Proposed complaints."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "proposed_complaint",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'confirmed') <= (complaint_id IS NOT NULL)", name=op.f("ck_proposed_complaint_complaint_id")
        ),
        sa.CheckConstraint("(state = 'dismissed') <= (cause IS NOT NULL)", name=op.f("ck_proposed_complaint_cause")),
        sa.CheckConstraint("state IN ('proposed', 'confirmed', 'dismissed')", name=op.f("ck_proposed_complaint_state")),
        sa.ForeignKeyConstraint(
            ["provider_id", "complaint_id"],
            ["complaint.provider_id", "complaint.id"],
            name=op.f("fk_proposed_complaint_provider_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_proposed_complaint")),
        sa.UniqueConstraint("provider_id", "answer_id", name=op.f("uq_proposed_complaint_provider_id_answer_id")),
        sa.UniqueConstraint("provider_id", "complaint_id", name=op.f("uq_proposed_complaint_provider_id_complaint_id")),
    )
    for columns in (("occurred_at", "id"), ("updated_at", "id"), ("state", "occurred_at", "id")):
        op.create_index(
            op.f(f"ix_proposed_complaint_provider_id_{'_'.join(columns)}"),
            "proposed_complaint",
            ["provider_id", *columns],
        )
    tenant_table("complaints", "proposed_complaint")
