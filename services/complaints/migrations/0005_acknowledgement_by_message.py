"""Acknowledgement by a message: the message behind a contact, and whether it reached nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Applies the change."""
    op.add_column(
        "complaint", sa.Column("acknowledgement_failed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("complaint", "acknowledgement_failed", server_default=None)
    op.add_column("complaint_contact", sa.Column("message_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_complaint_contact_provider_id_message_id"),
        "complaint_contact",
        "message",
        ["provider_id", "message_id"],
        ["provider_id", "id"],
    )
