"""Tables of attachments, as every service has them."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

AT = sa.DateTime(timezone=True)


def create_attachments(service: str) -> None:
    """Files, the attachments that they belong to, and what each provider's files take up."""
    op.create_table(
        "file",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_file"),
        sa.UniqueConstraint("provider_id", "address", name="uq_file_provider_id_address"),
    )
    _create_attachment()
    op.create_table(
        "file_usage",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name="pk_file_usage"),
    )
    for table in ("file", "attachment", "file_usage"):
        tenant_table(service, table)


def _create_attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_size", sa.BigInteger(), nullable=False),
        sa.Column("stored_sha256", sa.Text(), nullable=False),
        sa.Column("effective_at", AT, nullable=True),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("erased_at", AT, nullable=True),
        sa.CheckConstraint(
            "file_id IS NOT NULL OR erased_at IS NOT NULL", name=op.f("ck_attachment_file_until_erased")
        ),
        sa.CheckConstraint("(file_id IS NULL) = (name_sealed IS NULL)", name=op.f("ck_attachment_name_until_erased")),
        sa.ForeignKeyConstraint(
            ["provider_id", "file_id"],
            ["file.provider_id", "file.id"],
            name="fk_attachment_provider_id_file_id",
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_attachment"),
    )
    record = ["provider_id", "record_id", "received_at", "id"]
    op.create_index("ix_attachment_provider_id_record_id_received_at_id", "attachment", record)
    op.create_index("ix_attachment_provider_id_file_id", "attachment", ["provider_id", "file_id"])
