"""The whole life of a complaint."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0008"
down_revision = "0007"

STATES = (
    "'received', 'acknowledged', 'assessed', 'assigned', 'investigating', 'waiting_complainant', 'response_ready', "
    "'decided', 'reinvestigating', 'follow_up_pending', 'closed', 'refused', 'withdrawn', 'redirected', 'discarded', "
    "'merged', 'archived'"
)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "desk_policy",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_desk_policy")),
        sa.UniqueConstraint("provider_id", "number", name=op.f("uq_desk_policy_provider_id_number")),
    )
    op.create_index(
        op.f("ix_desk_policy_provider_id_updated_at_id"),
        "desk_policy",
        ["provider_id", "updated_at", "id"],
        unique=False,
    )
    op.create_table(
        "handling_record",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id", "complaint_id"],
            ["complaint.provider_id", "complaint.id"],
            name=op.f("fk_handling_record_provider_id_complaint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "message_id"],
            ["message.provider_id", "message.id"],
            name=op.f("fk_handling_record_provider_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "party_id"],
            ["complaint_party.provider_id", "complaint_party.id"],
            name=op.f("fk_handling_record_provider_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_handling_record")),
        sa.UniqueConstraint(
            "provider_id", "complaint_id", "place", name=op.f("uq_handling_record_provider_id_complaint_id_place")
        ),
        sa.UniqueConstraint("provider_id", "entry_id", name=op.f("uq_handling_record_provider_id_entry_id")),
    )
    op.add_column("complaint", sa.Column("severity", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("validity", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("safety", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("complaint", sa.Column("legal", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("complaint", sa.Column("subject_kind", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("subject_account_id", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("subject_unit_id", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("service", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("department_id", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("policy_version", sa.Integer(), nullable=True))
    op.add_column("complaint", sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("complaint", sa.Column("handler_id", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("backup_id", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("follow_up_caller_id", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("came_from", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("round", sa.SmallInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column("complaint", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("decision", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("first_decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint", sa.Column("satisfaction", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("closing_way", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("complaint", sa.Column("improvement", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("dossier_sha256", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_complaint_provider_id_cause_decided_at"),
        "complaint",
        ["provider_id", "cause", "decided_at"],
        unique=False,
        postgresql_where=sa.text("cause IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_provider_id_handler_id_received_at_id"),
        "complaint",
        ["provider_id", "handler_id", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("handler_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_provider_id_merged_into"),
        "complaint",
        ["provider_id", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_complaint_provider_id_merged_into"),
        "complaint",
        "complaint",
        ["provider_id", "merged_into"],
        ["provider_id", "id"],
    )
    op.drop_constraint(op.f("ck_complaint_state"), "complaint")
    op.create_check_constraint(op.f("ck_complaint_state"), "complaint", f"state IN ({STATES})")
    op.create_check_constraint(
        op.f("ck_complaint_closed_at"), "complaint", "(state = 'closed') <= (closed_at IS NOT NULL)"
    )
    for table in ("desk_policy", "handling_record"):
        tenant_table("complaints", table)
