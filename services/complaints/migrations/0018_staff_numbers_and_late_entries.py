"""Staff numbers and posts in the copies of staff; until when late entries of a register were looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("staff_copy", sa.Column("staff_number", sa.Text(), nullable=True))
    op.add_column("staff_copy", sa.Column("post", sa.Text(), nullable=True))
    op.add_column("register", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
