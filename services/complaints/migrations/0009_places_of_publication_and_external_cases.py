"""Places of publication and external cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "publication",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_by", sa.Text(), nullable=False),
        sa.Column("channel_version", sa.Integer(), nullable=True),
        sa.Column("last_good_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("faulty", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("term_begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("(state = 'listed') = (cause IS NULL)", name=op.f("ck_publication_cause")),
        sa.CheckConstraint("(state = 'listed') = (removed_at IS NULL)", name=op.f("ck_publication_removed_at")),
        sa.CheckConstraint("state IN ('listed', 'removed')", name=op.f("ck_publication_state")),
        sa.CheckConstraint("(term_begins_at IS NULL) = (due_at IS NULL)", name=op.f("ck_publication_term")),
        sa.ForeignKeyConstraint(
            ["provider_id", "channel_id"],
            ["channel.provider_id", "channel.id"],
            name=op.f("fk_publication_provider_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_publication")),
    )
    op.create_index(
        op.f("ix_publication_provider_id_channel_id"), "publication", ["provider_id", "channel_id"], unique=False
    )
    op.create_index(
        op.f("ix_publication_provider_id_updated_at_id"),
        "publication",
        ["provider_id", "updated_at", "id"],
        unique=False,
    )
    op.create_table(
        "publication_check",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("channel_version", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("checked_at <= entered_at", name=op.f("ck_publication_check_entered_after_check")),
        sa.ForeignKeyConstraint(
            ["provider_id", "proof_id"],
            ["attachment.provider_id", "attachment.id"],
            name=op.f("fk_publication_check_provider_id_proof_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "publication_id"],
            ["publication.provider_id", "publication.id"],
            name=op.f("fk_publication_check_provider_id_publication_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_publication_check")),
        sa.UniqueConstraint("provider_id", "proof_id", name=op.f("uq_publication_check_provider_id_proof_id")),
    )
    op.create_index(
        op.f("ix_publication_check_provider_id_publication_id_checked_at_id"),
        "publication_check",
        ["provider_id", "publication_id", "checked_at", "id"],
        unique=False,
    )
    op.create_table(
        "external_case",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_method", sa.Text(), nullable=True),
        sa.Column("reply_reference", sa.Text(), nullable=True),
        sa.Column("proof_id", sa.Uuid(), nullable=True),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("summary_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("term_begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'replied', 'ruled', 'withdrawn', 'entered_in_error')",
            name=op.f("ck_external_case_state"),
        ),
        sa.CheckConstraint(
            "(summary_sealed IS NULL) = (party_id IS NULL)", name=op.f("ck_external_case_summary_of_party")
        ),
        sa.CheckConstraint("(term_begins_at IS NULL) = (due_at IS NULL)", name=op.f("ck_external_case_term")),
        sa.ForeignKeyConstraint(
            ["provider_id", "complaint_id"],
            ["complaint.provider_id", "complaint.id"],
            name=op.f("fk_external_case_provider_id_complaint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "party_id"],
            ["complaint_party.provider_id", "complaint_party.id"],
            name=op.f("fk_external_case_provider_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "proof_id"],
            ["attachment.provider_id", "attachment.id"],
            name=op.f("fk_external_case_provider_id_proof_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_external_case")),
    )
    op.create_index(
        op.f("ix_external_case_provider_id_complaint_id_received_at_id"),
        "external_case",
        ["provider_id", "complaint_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_external_case_provider_id_party_id"),
        "external_case",
        ["provider_id", "party_id"],
        unique=False,
        postgresql_where=sa.text("party_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_external_case_provider_id_received_at_id"),
        "external_case",
        ["provider_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_external_case_provider_id_state_received_at_id"),
        "external_case",
        ["provider_id", "state", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_external_case_provider_id_updated_at_id"),
        "external_case",
        ["provider_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_external_case_provider_id_complaint_id_body_reference",
        "external_case",
        ["provider_id", "complaint_id", "body", "reference"],
        unique=True,
        postgresql_where=sa.text("state <> 'entered_in_error'"),
    )
    for table in ("publication", "publication_check", "external_case"):
        tenant_table("complaints", table)
