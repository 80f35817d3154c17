"""Complaints that were imported: where they came from, their own times, and the archive."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Applies the change."""
    op.add_column("complaint", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint", sa.Column("origin", sa.Text(), nullable=False, server_default="intake"))
    op.alter_column("complaint", "origin", server_default=None)
    op.add_column("complaint", sa.Column("imported_by_job", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_complaint_provider_id_imported_by_job"),
        "complaint",
        "import_job",
        ["provider_id", "imported_by_job"],
        ["provider_id", "id"],
    )
    op.drop_constraint(op.f("ck_complaint_state"), "complaint")
    op.create_check_constraint(
        op.f("ck_complaint_state"), "complaint", "state IN ('received', 'acknowledged', 'archived')"
    )
    op.create_check_constraint(op.f("ck_complaint_origin"), "complaint", "origin IN ('intake', 'import')")
