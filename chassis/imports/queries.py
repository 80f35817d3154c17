"""Reads of imports: jobs, refusals, and the sealed pieces of a file."""

import asyncio
import zlib
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import bindparam, select

from chassis.db import UnitOfWork
from chassis.errors import not_found
from chassis.imports.models import ImportJob, ImportPart, ImportRefusal
from chassis.imports.reading import Place
from chassis.imports.schemas import ImportQuery
from chassis.paging import Listing, PageQuery, Rows
from chassis.provider_keys import provider_vault
from chassis.sealing import unseal

PART_BYTES = 1_000_000
JOBS = Listing(
    ImportJob,
    filters={"state": ImportJob.state},
    sorts={"-created_at": ImportJob.created_at, "created_at": ImportJob.created_at},
    updated_at=ImportJob.updated_at,
    where=(ImportJob.kind == bindparam("kind"),),
)
REFUSALS = Listing(
    ImportRefusal,
    filters={},
    sorts={"line": ImportRefusal.line},
    updated_at=ImportRefusal.at,
    where=(ImportRefusal.job_id == bindparam("job_id"),),
)


class Plan(NamedTuple):
    """How a file is read: the mapping as JSON, the file's columns, and where its records begin."""

    mapping: bytes
    columns: list[str] | None
    begin: Place


async def list_jobs(work: UnitOfWork, kind: str, asked: ImportQuery) -> Rows[ImportJob]:
    """A page of the provider's imports of one kind."""
    return await JOBS.page(work, asked, kind=kind)


async def find_job(work: UnitOfWork, kind: str, job_id: UUID, *, lock: bool = False) -> ImportJob:
    """An import of one kind; raises a 404 problem where there is none."""
    mine = (ImportJob.provider_id == work.provider_id, ImportJob.id == job_id, ImportJob.kind == kind)
    query = select(ImportJob).where(*mine)
    job = (await work.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if job is None:
        raise not_found()
    return job


async def list_refusals(work: UnitOfWork, kind: str, job_id: UUID, asked: PageQuery) -> Rows[ImportRefusal]:
    """A page of the lines that an import refused, in the order of the file; 404 for no import of the provider's."""
    await find_job(work, kind, job_id)
    return await REFUSALS.page(work, asked, job_id, job_id=job_id)


async def file_key(work: UnitOfWork, job: ImportJob) -> bytes:
    """The key of an import's file; raises `cryptography.exceptions.InvalidTag` where another key wrapped it."""
    assert job.wrapped_key is not None
    return (await provider_vault(work)).person(job.id, job.wrapped_key).key


async def read_plan(work: UnitOfWork, job: ImportJob) -> Plan:
    """How an import reads its file; raises `cryptography.exceptions.InvalidTag` where its key does not open it."""
    assert job.plan_sealed is not None
    mapping, columns, begin = orjson.loads(unseal(await file_key(work, job), job.plan_sealed, b"plan"))
    return Plan(orjson.dumps(mapping), columns, Place(*begin))


async def read_ahead(work: UnitOfWork, job: ImportJob) -> tuple[bytes, bool]:
    """The file from where reading goes on, between one and two pieces of it, and whether that is to its end."""
    number, within = divmod(job.next_byte, PART_BYTES)
    mine = (ImportPart.provider_id == work.provider_id, ImportPart.job_id == job.id)
    query = select(ImportPart.number, ImportPart.sealed).where(*mine, ImportPart.number.in_([number, number + 1]))
    sealed = (await work.session.execute(query.order_by(ImportPart.number))).all()
    key = await file_key(work, job)
    parts = [await asyncio.to_thread(open_part, key, place, content) for place, content in sealed]
    content = b"".join(parts)[within:]
    return content, job.next_byte + len(content) >= job.file_bytes


def open_part(key: bytes, number: int, sealed: bytes) -> bytes:
    """A piece of a file as it came."""
    return zlib.decompress(unseal(key, sealed, f"part {number}".encode()))
