"""The life of providers: suspended, leaving, erased, held."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENTS = ("left_at", "archive_confirmed_at", "erased_at")


def upgrade() -> None:
    """Applies the change."""
    op.add_column("profile", sa.Column("state", sa.Text(), nullable=False, server_default="active"))
    op.add_column("profile", sa.Column("legal_hold", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("profile", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("imposed", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ("state", "legal_hold", "imposed"):
        op.alter_column("profile", column, server_default=None)
    for moment in MOMENTS:
        op.add_column("profile", sa.Column(moment, sa.DateTime(timezone=True), nullable=True))
    states = "'active', 'suspended', 'leaving', 'erased'"
    op.create_check_constraint(op.f("ck_profile_state"), "profile", f"state IN ({states})")
    erased = "(state = 'erased') = (erased_at IS NOT NULL)"
    op.create_check_constraint(op.f("ck_profile_erased_at"), "profile", erased)
