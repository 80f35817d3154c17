"""What is done to imports: a file is taken in, an import is cancelled, and leaves nothing of its file when it ends."""

import asyncio
import csv
import hashlib
import zlib
from datetime import timedelta
from uuid import UUID

import orjson
from fastapi import UploadFile
from sqlalchemy import delete, insert

from chassis.db import UnitOfWork
from chassis.errors import INVALID as INVALID_INPUT
from chassis.errors import REFUSED, FieldError, Objection, Problem, invalid
from chassis.ids import new_id
from chassis.imports.fields import fields_of
from chassis.imports.importer import Importer, M
from chassis.imports.models import ImportJob, ImportPart
from chassis.imports.queries import PART_BYTES, find_job
from chassis.imports.reading import NOT_CSV, NOT_ENCODED, LineTooLong, Place, head_of
from chassis.imports.schemas import MappingIn
from chassis.jobs import set_timer
from chassis.provider_keys import provider_vault
from chassis.sealing import seal
from contracts.base import Text

CLOCK, NEXT, EXPIRE = "import", "next", "expire"
KEPT = timedelta(days=7)
SWEPT = 50_000
# By their places in the table: found by name, so many of them would be looked for again and again.
SWEEP_KEYS = """
DELETE FROM import_key WHERE provider_id = $1 AND ctid = ANY (ARRAY(
    SELECT ctid FROM import_key WHERE provider_id = $1 AND job_id = $2 LIMIT $3
))
"""
ENDED = frozenset({"done", "failed", "cancelled"})
EMPTY = Text("The file is empty.", "文件为空。")
LONG_LINE = Text("A line of the file has more than 1,000,000 bytes.", "文件中有一行超过 1,000,000 字节。")
NO_COLUMN = Text("The file has no column {column}.", "文件中没有 {column} 列。")
TWO_COLUMNS = Text("The file has more than one column {column}.", "文件中有多个 {column} 列。")
HAS_ENDED = Text("The import has ended.", "导入已结束。")


async def start_import(
    work: UnitOfWork, importer: Importer[M], mapping: M, file: UploadFile, *, dry_run: bool
) -> ImportJob:
    """Takes a file in, sealed, to be imported by the clock.

    422 for a file that is empty or cannot be read as declared, and for a column that it lacks.
    """
    first = await file.read(PART_BYTES)
    columns, place = _head(first, mapping, is_end=file.size is not None and file.size <= len(first))
    vault, job_id = await provider_vault(work), new_id()
    key = vault.new_person(job_id)
    plan = orjson.dumps([mapping.model_dump(mode="json"), columns, list(place)])
    job = _job(work, importer.kind, job_id, place, dry_run=dry_run)
    job.wrapped_key, job.plan_sealed = key.wrapped, seal(key.key, plan, b"plan")
    work.add(job)
    await work.flush()
    digest, number = hashlib.sha256(), 0
    while first:
        digest.update(first)
        job.file_bytes += len(first)
        sealed = await asyncio.to_thread(seal_part, key.key, number, first)
        row = {"provider_id": work.provider_id, "job_id": job_id, "number": number, "sealed": sealed}
        await work.session.execute(insert(ImportPart).values(row))
        first, number = await file.read(PART_BYTES), number + 1
    job.file_sha256 = digest.hexdigest()
    set_timer(work, job_id, CLOCK, NEXT, work.now)
    set_timer(work, job_id, CLOCK, EXPIRE, work.now + KEPT)
    return job


async def cancel_import(work: UnitOfWork, kind: str, job_id: UUID) -> ImportJob:
    """Ends an import before its end; what it created stays. Raises 409 for one that has ended."""
    job = await find_job(work, kind, job_id, lock=True)
    if job.state in ENDED:
        raise Problem(REFUSED, objections=[Objection("import_ended", HAS_ENDED)])
    end(work, job, "cancelled")
    return job


def end(work: UnitOfWork, job: ImportJob, state: str, fault: str | None = None) -> None:
    """Ends an import; nothing can open its file from now on, and its pieces are swept by the clock."""
    job.state, job.fault, job.ended_at, job.updated_at = state, fault, work.now, work.now
    job.wrapped_key = job.plan_sealed = None


async def sweep(work: UnitOfWork, job: ImportJob) -> bool:
    """Deletes what an ended import leaves, so much of it at a time that it does not take long; whether that was all."""
    await work.session.execute(
        delete(ImportPart).where(ImportPart.provider_id == work.provider_id, ImportPart.job_id == job.id)
    )
    swept = await work.driver.execute(SWEEP_KEYS, work.provider_id, job.id, SWEPT)
    return int(swept.removeprefix("DELETE ")) < SWEPT


def seal_part(key: bytes, number: int, content: bytes) -> bytes:
    """A piece of a file, compressed and sealed."""
    return seal(key, zlib.compress(content, 1), f"part {number}".encode())


def _job(work: UnitOfWork, kind: str, job_id: UUID, place: Place, *, dry_run: bool) -> ImportJob:
    counts = dict.fromkeys(("file_bytes", "read", "created", "unchanged", "superseded", "refused", "refusals"), 0)
    return ImportJob(
        provider_id=work.provider_id,
        id=job_id,
        kind=kind,
        state="waiting",
        phase="keys",
        dry_run=dry_run,
        created_at=work.now,
        created_by=work.actor.name,
        updated_at=work.now,
        file_sha256="",
        next_byte=place.offset,
        next_line=place.line,
        **counts,
    )


def _head(content: bytes, mapping: MappingIn, *, is_end: bool) -> tuple[list[str] | None, Place]:
    if not content:
        raise invalid("/file", "empty", EMPTY)
    try:
        columns, place = head_of(content, mapping.file, is_end=is_end)
    except UnicodeDecodeError:
        said = NOT_ENCODED.filled(encoding=mapping.file.encoding.upper())
        raise invalid("/file", "encoding", said) from None
    except csv.Error:
        raise invalid("/file", "not_csv", NOT_CSV) from None
    except LineTooLong:
        raise invalid("/file", "line_too_long", LONG_LINE) from None
    if columns is not None and (wrong := _wrong_columns(mapping, columns)):
        raise Problem(INVALID_INPUT, errors=wrong)
    return columns, place


def _wrong_columns(mapping: MappingIn, columns: list[str]) -> list[FieldError]:
    """Columns that the mapping names and the file has not, or has twice."""
    asked = [(path, column) for path, field in fields_of(mapping) for column in field.columns]
    texts = {0: ("unknown_column", NO_COLUMN), 2: ("ambiguous_column", TWO_COLUMNS)}
    found = [(path, column, texts.get(min(columns.count(column), 2))) for path, column in asked]
    return [
        FieldError(f"/mapping/{'/'.join(path)}", wrong[0], wrong[1].filled(column=column))
        for path, column, wrong in found
        if wrong is not None
    ]
