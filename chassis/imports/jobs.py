"""The work of imports, by the clock: one short transaction after another, each going on where the last one ended."""

import asyncio
from functools import partial
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy import insert, select

from chassis.actors import Nobody
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.imports.actions import CLOCK, ENDED, EXPIRE, NEXT, end, sweep
from chassis.imports.importer import Importer, M, Refusal, Row, Taken
from chassis.imports.models import ImportJob, ImportKey, ImportRefusal
from chassis.imports.queries import find_job, read_ahead, read_plan
from chassis.imports.reading import LineTooLong, Place, ReadRecord, read_records
from chassis.jobs import TimerHandler, clear_timers, set_timer
from chassis.logs import log
from contracts.base import Text

ROWS, KEYS = 500, 5_000
MOST_REFUSALS = 10_000
REPEATED = Text("Line {line} of the file is of the same record.", "文件第 {line} 行已是同一条记录。")
FAULTS = {
    "expired": Text("It did not end within 7 days.", "7 天内未能完成。"),
    "line_too_long": Text("A line of the file is too long.", "文件中有一行过长。"),
    "unreadable": Text("The kept file cannot be opened any more.", "所保存的文件已无法读取。"),
}
NOTE_KEYS = """
INSERT INTO import_key (provider_id, job_id, name, line) SELECT $1, $2, name, line
FROM unnest($3::text[], $4::bigint[]) AS of (name, line)
ON CONFLICT (provider_id, job_id, name) DO {repeated}
"""
LINE_THAT_STANDS = {
    "refuse": NOTE_KEYS.format(repeated="NOTHING"),
    "last": NOTE_KEYS.format(repeated="UPDATE SET line = excluded.line"),
}


def import_timers(importer: Importer[M]) -> dict[str, TimerHandler]:
    """The timers of a service that imports one kind of record."""

    async def go_on(work: UnitOfWork, record: UUID, step: str) -> None:
        job = await find_job(work, importer.kind, record, lock=True)
        if job.state not in ENDED:
            if step == EXPIRE:
                end(work, job, "failed", "expired")
            else:
                await _advance(work, importer, job)
        if job.state not in ENDED or not await sweep(work, job):
            set_timer(work, record, CLOCK, NEXT, work.now)
        else:
            await clear_timers(work, record, CLOCK)
            log.info("an import ended", state=job.state, created=job.created, refused=job.refused)

    return {CLOCK: go_on}


async def _advance(work: UnitOfWork, importer: Importer[M], job: ImportJob) -> None:
    """The next transaction's worth of an import: its keys are counted first, then its rows are taken."""
    work.actor = Nobody(job.created_by)  # who ordered the import did what it does
    job.state, job.started_at, job.updated_at = "running", job.started_at or work.now, work.now
    try:
        plan = await read_plan(work, job)
        mapping = importer.mapping.model_validate_json(plan.mapping)
        content, is_end = await read_ahead(work, job)
        place, most = Place(job.next_byte, job.next_line), KEYS if job.phase == "keys" else ROWS
        read = partial(read_records, content, place, mapping.file, plan.columns, is_end=is_end, most=most)
        records, place = await asyncio.to_thread(read)
    except (LineTooLong, InvalidTag) as fault:
        end(work, job, "failed", "line_too_long" if isinstance(fault, LineTooLong) else "unreadable")
        return
    step = _note_keys if job.phase == "keys" else _take
    await step(work, importer, job, mapping, records)
    job.next_byte, job.next_line = place
    if job.next_byte < job.file_bytes:
        return
    if job.phase == "keys":
        job.phase, (job.next_byte, job.next_line) = "rows", plan.begin
    else:
        end(work, job, "done")


async def _note_keys(
    work: UnitOfWork, importer: Importer[M], job: ImportJob, mapping: M, records: list[ReadRecord]
) -> None:
    """Counts records, and notes for each one named in them the line that stands for it: the first or the last."""
    job.records = (job.records or 0) + len(records)
    lines: dict[str, int] = {}
    for record in records:
        key = None if record.fault else importer.key(mapping, record.values)
        if key is not None and (mapping.repeated == "last" or key not in lines):
            lines[key] = record.line
    statement = LINE_THAT_STANDS[mapping.repeated]
    await work.driver.execute(statement, work.provider_id, job.id, list(lines), list(lines.values()))


async def _take(work: UnitOfWork, importer: Importer[M], job: ImportJob, mapping: M, records: list[ReadRecord]) -> None:
    """Takes the rows that stand for their records, and notes why others are refused."""
    keys = {one.line: None if one.fault else importer.key(mapping, one.values) for one in records}
    standing = await _standing(work, job, [key for key in keys.values() if key is not None])
    rows, refusals = [], []
    for record in records:
        key = keys[record.line]
        if record.fault is not None:
            refusals.append(Refusal(record.line, None, *record.fault))
        elif key is None or standing[key] == record.line:
            rows.append(Row(record.line, record.values))
        elif mapping.repeated == "last":
            job.superseded += 1
        else:
            refusals.append(Refusal(record.line, None, "repeated", REPEATED.filled(line=standing[key])))
    taken = await importer.take(work, job, mapping, rows) if rows else Taken()
    refusals += taken.refusals
    job.read += len(records)
    job.created += taken.created
    job.unchanged += taken.unchanged
    job.refused += len({one.line for one in refusals})
    await _note_refusals(work, job, refusals)


async def _standing(work: UnitOfWork, job: ImportJob, keys: list[str]) -> dict[str, int]:
    of_job = (ImportKey.provider_id == work.provider_id, ImportKey.job_id == job.id)
    query = select(ImportKey.name, ImportKey.line).where(*of_job, ImportKey.name.in_(keys))
    found = await work.session.execute(query)
    return {row.name: row.line for row in found}


async def _note_refusals(work: UnitOfWork, job: ImportJob, refusals: list[Refusal]) -> None:
    """Keeps the first 10,000 refusals of an import; all are counted."""
    kept = sorted(refusals, key=lambda one: one.line)[: MOST_REFUSALS - job.refusals]
    job.refusals += len(kept)
    if kept:
        of_job = {"provider_id": work.provider_id, "job_id": job.id, "at": work.now}
        rows = [
            of_job
            | {"id": new_id(), "line": one.line, "of_column": one.column, "code": one.code}
            | {"message": one.message._asdict()}
            for one in kept
        ]
        await work.session.execute(insert(ImportRefusal), rows)
