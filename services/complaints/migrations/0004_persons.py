"""Privacy notices, and members of staff that complaints are about."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("channel_version", sa.Column("privacy_notice_version", sa.Text(), nullable=True))
    op.add_column("channel_version", sa.Column("privacy_notice", sa.Text(), nullable=True))
    op.add_column("complaint", sa.Column("privacy_notice", sa.Text(), nullable=True))
    op.add_column("complaint_party", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_channel_version_privacy_notice_whole"),
        "channel_version",
        "(privacy_notice IS NULL) = (privacy_notice_version IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_complaint_party_account_of_subject"), "complaint_party", "account_id IS NULL OR role = 'subject'"
    )
    for hashed in ("telephone_hash", "email_hash"):
        op.create_index(
            op.f(f"ix_complaint_party_provider_id_{hashed}"),
            "complaint_party",
            ["provider_id", hashed],
            postgresql_where=sa.text(f"{hashed} IS NOT NULL"),
        )
