"""The clock's work on the terms that complaints are found by, and the command that has all of them noted anew.

python -m services.complaints.search.jobs
"""

import asyncio
from uuid import UUID

from sqlalchemy import select

from chassis.clock import utc_now
from chassis.db import Database, UnitOfWork
from chassis.jobs import set_timer
from chassis.logs import configure_logs, log
from chassis.sealing import Vault
from chassis.settings import Settings, load
from services.complaints.complaints.models import Complaint
from services.complaints.search.actions import NOTING, note_terms

REBUILDING = "every_complaint_terms"
"""The clock that goes through all complaints of a provider; its step is the id of the last one that it has seen."""
BATCH = 200
"""Complaints whose terms are noted in one transaction."""
BEGIN = """
INSERT INTO timer (provider_id, record, clock, step, due_at, failures)
SELECT id, id, $1, $2, $3, 0 FROM provider WHERE state->>'life' <> 'erased'
ON CONFLICT DO NOTHING RETURNING provider_id
"""


async def note(work: UnitOfWork, record: UUID, step: str) -> None:
    """Notes the terms of a complaint just registered."""
    await note_terms(work, [record])


async def rebuild(work: UnitOfWork, record: UUID, step: str) -> None:
    """Notes the terms of the next complaints in the order of their ids, until none is left."""
    mine = (Complaint.provider_id == work.provider_id, Complaint.id > UUID(step))
    following = select(Complaint.id).where(*mine).order_by(Complaint.id).limit(BATCH)
    complaints = (await work.session.execute(following)).scalars().all()
    await note_terms(work, complaints)
    if len(complaints) == BATCH:
        set_timer(work, record, REBUILDING, str(complaints[-1]), work.now)
    else:
        log.info("all complaints can be searched", provider=str(work.provider_id))


async def begin_rebuilding() -> int:
    """Has the service's workers note the terms of all complaints anew; returns of how many providers."""
    settings = load(Settings, "complaints")
    configure_logs(settings.service, settings.log_level)
    database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()))
    try:
        async with database.connection() as (_, driver):
            return len(await driver.fetch(BEGIN, REBUILDING, str(UUID(int=0)), utc_now()))
    finally:
        await database.close()


TIMERS = {NOTING: note, REBUILDING: rebuild}

if __name__ == "__main__":
    print(f"The complaints of {asyncio.run(begin_rebuilding())} providers will be searchable by new terms.")
