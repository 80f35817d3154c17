"""Staff numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("staff", sa.Column("staff_number", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_staff_provider_id_staff_number"), "staff", ["provider_id", "staff_number"])
