"""Tables of imports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, tenant, within_provider


class ImportJob(OfProvider, Base):
    """An import of one file, and how far it has come.

    `wrapped_key` is the key of the file and of `plan_sealed` (the mapping and the file's columns); it goes with them
    when the import ends. Reading goes on at `next_byte`, which is in `next_line`.
    """

    __tablename__ = "import_job"

    kind: Mapped[str]
    state: Mapped[str]
    phase: Mapped[str]
    dry_run: Mapped[bool] = mapped_column(Boolean())
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    file_bytes: Mapped[int]
    file_sha256: Mapped[str]
    wrapped_key: Mapped[bytes | None]
    plan_sealed: Mapped[bytes | None]
    next_byte: Mapped[int]
    next_line: Mapped[int]
    records: Mapped[int | None]
    read: Mapped[int]
    created: Mapped[int]
    unchanged: Mapped[int]
    superseded: Mapped[int]
    refused: Mapped[int]
    refusals: Mapped[int]
    fault: Mapped[str | None]

    __table_args__ = tenant(
        None,
        Index(None, "provider_id", "kind", "created_at", "id"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("phase IN ('keys', 'rows')", name="phase"),
    )


class ImportPart(Base):
    """A piece of a file, compressed and sealed with its import's key."""

    __tablename__ = "import_part"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer(), primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]

    __table_args__ = tenant(None, within_provider(["job_id"], "import_job"))


class ImportKey(Base):
    """The line that stands for a record which a file names more than once."""

    __tablename__ = "import_key"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int]

    __table_args__ = tenant(None, within_provider(["job_id"], "import_job"))


class ImportRefusal(OfProvider, Base):
    """Why a line was not taken; it names line and column, and quotes nothing."""

    __tablename__ = "import_refusal"

    job_id: Mapped[UUID]
    line: Mapped[int]
    of_column: Mapped[str | None]
    code: Mapped[str]
    message: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    __table_args__ = tenant(
        None,
        within_provider(["job_id"], "import_job"),
        Index(None, "provider_id", "job_id", "line", "id"),
    )
