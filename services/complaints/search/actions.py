"""What is done to the terms that complaints are found by."""

import asyncio
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete

from chassis.db import UnitOfWork
from chassis.jobs import set_timer
from chassis.provider_keys import provider_vault
from services.complaints.complaints.queries import key_of
from services.complaints.search.models import ComplaintTerms
from services.complaints.search.queries import WITH_FIRST_PARTY, hashes_of, words_in
from services.complaints.search.rules import terms_of

NOTING = "complaint_terms"
"""The clock that has the terms of a new complaint noted: to do it at once would cost the registration too much."""
NOTE = """
INSERT INTO complaint_terms (provider_id, id, terms) VALUES ($1, $2, $3)
ON CONFLICT (provider_id, id) DO UPDATE SET terms = excluded.terms
"""


def ask_for_terms(work: UnitOfWork, complaint_id: UUID) -> None:
    """Has a complaint's terms noted by the clock, as soon as it is committed."""
    set_timer(work, complaint_id, NOTING, "note", work.now)


async def note_terms(work: UnitOfWork, complaint_ids: Collection[UUID]) -> None:
    """Notes the terms of complaints anew, but not of those whose first party is erased.

    The parties are locked against an erasure, which takes the terms away after it has their lock.
    """
    vault, rows = await provider_vault(work), []
    for complaint, party in await work.read(WITH_FIRST_PARTY, ids=list(complaint_ids)):
        await asyncio.sleep(0)  # requests that the same process serves do not wait for hundreds of texts
        key = key_of(vault, party)
        if key is not None:
            terms = terms_of(words_in(key, complaint))
            rows.append((work.provider_id, complaint.id, hashes_of(vault, terms)))
    await work.driver.executemany(NOTE, rows)


async def forget_terms(work: UnitOfWork, complaint_id: UUID) -> None:
    """Deletes the terms of a complaint whose words can be read no more."""
    mine = (ComplaintTerms.provider_id == work.provider_id, ComplaintTerms.id == complaint_id)
    await work.session.execute(delete(ComplaintTerms).where(*mine))
