"""Grounds of signals: what the decision on a source shows; a source raises one signal for each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

ONE = "uq_signal_provider_id_source_type_source_id"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("signal", sa.Column("grounds", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.alter_column("signal", "grounds", server_default=None)
    op.drop_constraint(op.f(ONE), "signal", type_="unique")
    op.create_unique_constraint(
        op.f(f"{ONE}_reasons_grounds"),
        "signal",
        ["provider_id", "source_type", "source_id", "reasons", "grounds"],
    )
