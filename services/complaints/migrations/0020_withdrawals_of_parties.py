"""When parties withdrew; of complaints that were withdrawn before, all who complained did."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("complaint_party", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE complaint_party AS party SET withdrawn_at = record.at FROM handling_record AS record"
        " WHERE record.provider_id = party.provider_id AND record.complaint_id = party.complaint_id"
        " AND record.step = 'withdraw' AND party.role <> 'subject'"
    )
