"""Tables of erasures, disclosures and retention, as every service has them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

AT = sa.DateTime(timezone=True)


def create_persons(service: str) -> None:
    """Proofs of erasure, what was told to whom, and how long each provider keeps which class of personal data."""
    op.create_table(
        "erasure",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("data_class", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("erased_at", AT, nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("basis IN ('request', 'retention')", name=op.f("ck_erasure_basis")),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_erasure"),
        sa.UniqueConstraint("provider_id", "person_id", name=op.f("uq_erasure_provider_id_person_id")),
    )
    op.create_index("ix_erasure_provider_id_erased_at_id", "erasure", ["provider_id", "erased_at", "id"])
    op.create_index("ix_erasure_provider_id_updated_at_id", "erasure", ["provider_id", "updated_at", "id"])
    op.create_table(
        "disclosure",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", AT, nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_disclosure"),
    )
    op.create_index(
        "ix_disclosure_provider_id_person_id_told_at", "disclosure", ["provider_id", "person_id", "told_at"]
    )
    op.create_table(
        "retention_rule",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("data_class", sa.Text(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("years BETWEEN 1 AND 30", name=op.f("ck_retention_rule_years")),
        sa.PrimaryKeyConstraint("provider_id", "data_class", name="pk_retention_rule"),
    )
    for table in ("erasure", "disclosure", "retention_rule"):
        tenant_table(service, table)
