"""Yearly registers and reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0013"
down_revision = "0012"

STATES = (
    "'received', 'acknowledged', 'assessed', 'assigned', 'investigating', 'waiting_complainant', 'response_ready', "
    "'decided', 'reinvestigating', 'follow_up_pending', 'closed', 'refused', 'withdrawn', 'redirected', 'discarded', "
    "'merged', 'archived'"
)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "register",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.Column("supplements", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("last_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') <= (sha256 IS NOT NULL AND closed_at IS NOT NULL)",
            name=op.f("ck_register_hash_when_closed"),
        ),
        sa.CheckConstraint("state IN ('numbering', 'closed')", name=op.f("ck_register_state")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_register")),
        sa.UniqueConstraint("provider_id", "year", name=op.f("uq_register_provider_id_year")),
    )
    op.create_index(
        op.f("ix_register_provider_id_updated_at_id"), "register", ["provider_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "review",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_by", sa.Text(), nullable=True),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("channel_version", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'concluded') <= (outcome IS NOT NULL)", name=op.f("ck_review_outcome_when_concluded")
        ),
        sa.CheckConstraint("(state <> 'due') <= (figures IS NOT NULL)", name=op.f("ck_review_figures_from_review_on")),
        sa.CheckConstraint("state IN ('due', 'in_review', 'concluded')", name=op.f("ck_review_state")),
        sa.ForeignKeyConstraint(
            ["provider_id", "channel_id"],
            ["channel.provider_id", "channel.id"],
            name=op.f("fk_review_provider_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_review")),
        sa.UniqueConstraint("provider_id", "year", name=op.f("uq_review_provider_id_year")),
    )
    op.create_index(
        op.f("ix_review_provider_id_updated_at_id"), "review", ["provider_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "register_row",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("supplement", sa.Boolean(), nullable=False),
        sa.Column("numbered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_time", sa.Boolean(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_register_row_state")),
        sa.ForeignKeyConstraint(
            ["provider_id", "complaint_id"],
            ["complaint.provider_id", "complaint.id"],
            name=op.f("fk_register_row_provider_id_complaint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "register_id"],
            ["register.provider_id", "register.id"],
            name=op.f("fk_register_row_provider_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_register_row")),
        sa.UniqueConstraint("provider_id", "complaint_id", name=op.f("uq_register_row_provider_id_complaint_id")),
        sa.UniqueConstraint(
            "provider_id", "register_id", "number", name=op.f("uq_register_row_provider_id_register_id_number")
        ),
    )
    for table in ("register", "review", "register_row"):
        tenant_table("complaints", table)
