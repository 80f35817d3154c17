"""Documents under control, their versions, and who has read them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "document",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('system', 'procedure', 'guide')", name=op.f("ck_document_kind")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_document")),
        sa.UniqueConstraint("provider_id", "code", name=op.f("uq_document_provider_id_code")),
    )
    op.create_index(
        op.f("ix_document_provider_id_updated_at_id"), "document", ["provider_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "document_version",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("serves", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("binds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("reading_open", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'in_force', 'superseded', 'repealed', 'withdrawn')",
            name=op.f("ck_document_version_state"),
        ),
        sa.CheckConstraint("(address IS NULL) = (sha256 IS NULL)", name=op.f("ck_document_version_address_with_hash")),
        sa.CheckConstraint(
            "in_force_to IS NULL OR in_force_to >= in_force_from", name=op.f("ck_document_version_period")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "document_id"],
            ["document.provider_id", "document.id"],
            name=op.f("fk_document_version_provider_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_document_version")),
        sa.UniqueConstraint(
            "provider_id", "document_id", "number", name=op.f("uq_document_version_provider_id_document_id_number")
        ),
    )
    op.create_index(
        "ix_document_version_provider_id_in_force_from_id_to_read",
        "document_version",
        ["provider_id", "in_force_from", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('approved', 'in_force')"),
    )
    op.create_index(
        "uq_document_version_provider_id_document_id_in_force",
        "document_version",
        ["provider_id", "document_id"],
        unique=True,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_index(
        "uq_document_version_provider_id_document_id_prepared",
        "document_version",
        ["provider_id", "document_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'approved')"),
    )
    op.create_table(
        "reading",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_version_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id", "document_version_id"],
            ["document_version.provider_id", "document_version.id"],
            name=op.f("fk_reading_provider_id_document_version_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_reading")),
        sa.UniqueConstraint(
            "provider_id",
            "document_version_id",
            "account_id",
            name=op.f("uq_reading_provider_id_document_version_id_account_id"),
        ),
    )
    op.create_index(
        op.f("ix_reading_provider_id_document_version_id_confirmed_at_id"),
        "reading",
        ["provider_id", "document_version_id", "confirmed_at", "id"],
        unique=False,
    )
    tenant_table("risk", "document")
    tenant_table("risk", "document_version")
    tenant_table("risk", "reading")
