"""Whether a closed dossier is complete, as a figure; workers count all complaints that are here already anew."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("complaint_figure", sa.Column("incomplete", sa.Boolean(), nullable=True))
    op.execute(
        "UPDATE figure_progress SET through_at = 'epoch', through_id = '00000000-0000-0000-0000-000000000000',"
        " as_of = NULL"
    )
    op.execute(
        "INSERT INTO timer (provider_id, record, clock, step, due_at, failures)"
        " SELECT provider_id, provider_id, 'figures.count', 'anew', now(), 0 FROM figure_progress"
    )
