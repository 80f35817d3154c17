"""The clock's work on the terms that complaints are found by, and the command that has all of them noted anew.

python -m services.complaints.search.jobs
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.clock import utc_now
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, Together
from chassis.logs import configure_logs
from chassis.sealing import vault_of
from chassis.settings import Settings, load
from services.complaints.complaints.models import Complaint
from services.complaints.search.actions import (
    NOTING,
    NOTING_MANY,
    ask_for_many_terms,
    ask_for_terms,
    note_terms,
)

BATCH = 100
"""Complaints whose terms are noted in one transaction, at most."""
EVERY = f"{UUID(int=0)} {UUID(int=2**128 - 1)}"
"""The step that goes through all complaints of a provider."""
BEGIN = """
INSERT INTO timer (provider_id, record, clock, step, due_at, failures)
SELECT id, id, $1, $2, $3, 0 FROM provider WHERE state->>'life' <> 'erased'
ON CONFLICT DO NOTHING RETURNING provider_id
"""


async def note_registered(work: UnitOfWork, complaint_ids: Sequence[UUID]) -> None:
    """Notes the terms of complaints just registered; those beyond one with very many have their turn again."""
    ended = await note_terms(work, complaint_ids)
    for one in complaint_ids:
        if ended is not None and one > ended:
            ask_for_terms(work, one)


async def note_many(work: UnitOfWork, record: UUID, step: str) -> None:
    """Notes the terms of the complaints between two ids, so many at a time until none is left."""
    after, until = map(UUID, step.split())
    between = (Complaint.provider_id == work.provider_id, Complaint.id > after, Complaint.id <= until)
    following = select(Complaint.id).where(*between).order_by(Complaint.id).limit(BATCH)
    complaints = (await work.session.execute(following)).scalars().all()
    ended = await note_terms(work, complaints)
    if ended is None and len(complaints) == BATCH:
        ended = complaints[-1]
    if ended is not None:
        ask_for_many_terms(work, ended, until)


async def begin_rebuilding() -> int:
    """Has the service's workers note the terms of all complaints anew; returns of how many providers."""
    settings = load(Settings, "complaints")
    configure_logs(settings.service, settings.log_level)
    database = Database(settings, "worker", vault_of(settings))
    try:
        async with database.connection() as (_, driver):
            return len(await driver.fetch(BEGIN, NOTING_MANY, EVERY, utc_now()))
    finally:
        await database.close()


TIMERS: dict[str, TimerHandler] = {NOTING: Together(note_registered), NOTING_MANY: note_many}

if __name__ == "__main__":
    print(f"The complaints of {asyncio.run(begin_rebuilding())} providers will be searchable by new terms.")
