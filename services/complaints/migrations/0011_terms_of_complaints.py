"""The terms that complaints are found by; workers note those of all complaints that are here already."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import plumbing_table

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "complaint_terms",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terms", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_complaint_terms")),
    )
    op.create_index(
        op.f("ix_complaint_terms_terms"),
        "complaint_terms",
        ["terms"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    plumbing_table("complaints", "complaint_terms")
    op.execute(
        "INSERT INTO timer (provider_id, record, clock, step, due_at, failures)"
        " SELECT id, id, 'many_complaint_terms',"
        " '00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff', now(), 0"
        " FROM provider WHERE state->>'life' <> 'erased'"
    )
