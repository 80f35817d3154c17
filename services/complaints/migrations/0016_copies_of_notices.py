"""Copies of notices."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "notice_copy",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id", "message_id"],
            ["message.provider_id", "message.id"],
            name=op.f("fk_notice_copy_provider_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "party_id"],
            ["complaint_party.provider_id", "complaint_party.id"],
            name=op.f("fk_notice_copy_provider_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id", "record_id"],
            ["handling_record.provider_id", "handling_record.id"],
            name=op.f("fk_notice_copy_provider_id_record_id"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_notice_copy")),
        sa.UniqueConstraint(
            "provider_id", "record_id", "party_id", name=op.f("uq_notice_copy_provider_id_record_id_party_id")
        ),
    )
    op.create_index(
        op.f("ix_notice_copy_provider_id_party_id"), "notice_copy", ["provider_id", "party_id"], unique=False
    )
    tenant_table("complaints", "notice_copy")
