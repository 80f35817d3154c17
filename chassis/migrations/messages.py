"""Tables of messages, as every service has them."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

AT = sa.DateTime(timezone=True)


def create_messages(service: str) -> None:
    """Messages to people outside."""
    op.create_table(
        "message",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("recipient_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("subject_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mail_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("not_before", AT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("diagnostic_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'kept', 'sent', 'refused', 'failed', 'bounced')", name=op.f("ck_message_state")
        ),
        sa.CheckConstraint("(mail_sealed IS NULL) = (sha256 IS NULL)", name=op.f("ck_message_mail_with_its_hash")),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_message"),
    )
    for columns in (["created_at", "id"], ["updated_at", "id"], ["record_id", "created_at", "id"], ["person_id"]):
        op.create_index(op.f(f"ix_message_provider_id_{'_'.join(columns)}"), "message", ["provider_id", *columns])
    tenant_table(service, "message")
