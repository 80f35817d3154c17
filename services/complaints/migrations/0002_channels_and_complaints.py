"""Channels and complaints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "channel",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('drafted', 'published', 'retired')", name=op.f("ck_channel_state")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_channel")),
        sa.UniqueConstraint("provider_id", "code", name=op.f("uq_channel_provider_id_code")),
    )
    op.create_index(
        op.f("ix_channel_provider_id_updated_at_id"), "channel", ["provider_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "channel_version",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("web_address", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("anonymous_allowed", sa.Boolean(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_channel_version_period")),
        sa.ForeignKeyConstraint(
            ["provider_id", "channel_id"],
            ["channel.provider_id", "channel.id"],
            name=op.f("fk_channel_version_provider_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_channel_version")),
        sa.UniqueConstraint(
            "provider_id", "channel_id", "number", name=op.f("uq_channel_version_provider_id_channel_id_number")
        ),
    )
    op.create_index(
        op.f("ix_channel_version_provider_id_channel_id_valid_from"),
        "channel_version",
        ["provider_id", "channel_id", "valid_from"],
        unique=False,
    )
    op.create_table(
        "complaint",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("receipt_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("channel_version", sa.Integer(), nullable=True),
        sa.Column("promised", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("concerns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('received', 'acknowledged')", name=op.f("ck_complaint_state")),
        sa.CheckConstraint(
            "(external_system IS NULL) = (external_id IS NULL)", name=op.f("ck_complaint_external_reference_whole")
        ),
        sa.CheckConstraint("received_at <= registered_at", name=op.f("ck_complaint_registered_after_receipt")),
        sa.ForeignKeyConstraint(
            ["provider_id", "channel_id"],
            ["channel.provider_id", "channel.id"],
            name=op.f("fk_complaint_provider_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_complaint")),
        sa.UniqueConstraint(
            "provider_id",
            "external_system",
            "external_id",
            name=op.f("uq_complaint_provider_id_external_system_external_id"),
        ),
        sa.UniqueConstraint("provider_id", "receipt_number", name=op.f("uq_complaint_provider_id_receipt_number")),
    )
    op.create_index(
        op.f("ix_complaint_provider_id_received_at_id"), "complaint", ["provider_id", "received_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_complaint_provider_id_state_received_at_id"),
        "complaint",
        ["provider_id", "state", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_complaint_provider_id_updated_at_id"), "complaint", ["provider_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "complaint_party",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("telephone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("telephone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("email_hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "role IN ('complainant', 'representative', 'subject')", name=op.f("ck_complaint_party_role")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "complaint_id"],
            ["complaint.provider_id", "complaint.id"],
            name=op.f("fk_complaint_party_provider_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_complaint_party")),
        sa.UniqueConstraint(
            "provider_id", "complaint_id", "place", name=op.f("uq_complaint_party_provider_id_complaint_id_place")
        ),
    )
    op.create_table(
        "complaint_contact",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("told", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("quoted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "method IN ('telephone', 'visit', 'email', 'letter', 'message', 'receipt')",
            name=op.f("ck_complaint_contact_method"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "complaint_id"],
            ["complaint.provider_id", "complaint.id"],
            name=op.f("fk_complaint_contact_provider_id_complaint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "party_id"],
            ["complaint_party.provider_id", "complaint_party.id"],
            name=op.f("fk_complaint_contact_provider_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_complaint_contact")),
        sa.UniqueConstraint(
            "provider_id",
            "complaint_id",
            "entry_id",
            name=op.f("uq_complaint_contact_provider_id_complaint_id_entry_id"),
        ),
    )
    for table in ("channel", "channel_version", "complaint", "complaint_party", "complaint_contact"):
        tenant_table("complaints", table)
