"""Tables of imports, as every service has them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import tenant_table

AT = sa.DateTime(timezone=True)


def create_imports(service: str) -> None:
    """The imports of files, their sealed pieces, the records that they name, and the lines that were refused."""
    _create_jobs()
    _create_what_is_of_a_job()
    for table in ("import_job", "import_part", "import_key", "import_refusal"):
        tenant_table(service, table)
    op.execute(
        "ALTER TABLE import_part ALTER COLUMN sealed SET STORAGE EXTERNAL"
    )  # it is compressed before it is sealed


def _create_jobs() -> None:
    counted = ("read", "created", "unchanged", "superseded", "refused", "refusals")
    op.create_table(
        "import_job",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("started_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("plan_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_byte", sa.BigInteger(), nullable=False),
        sa.Column("next_line", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counted),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_import_job_state")
        ),
        sa.CheckConstraint("phase IN ('keys', 'rows')", name=op.f("ck_import_job_phase")),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_import_job"),
    )
    columns = ["provider_id", "kind", "created_at", "id"]
    op.create_index("ix_import_job_provider_id_kind_created_at_id", "import_job", columns)


def _create_what_is_of_a_job() -> None:
    op.create_table(
        "import_part",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "job_id", "number", name="pk_import_part"),
        _of_job("import_part"),
    )
    op.create_table(
        "import_key",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "job_id", "name", name="pk_import_key"),
        _of_job("import_key"),
    )
    op.create_table(
        "import_refusal",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("of_column", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", postgresql.JSONB(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name="pk_import_refusal"),
        _of_job("import_refusal"),
    )
    columns = ["provider_id", "job_id", "line", "id"]
    op.create_index("ix_import_refusal_provider_id_job_id_line_id", "import_refusal", columns)


def _of_job(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_provider_id_job_id"
    return sa.ForeignKeyConstraint(["provider_id", "job_id"], ["import_job.provider_id", "import_job.id"], name=name)
