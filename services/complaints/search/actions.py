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

NOTING, NOTING_MANY = "complaint_terms", "many_complaint_terms"
"""The clocks that have terms noted: of a complaint, since a registration has no time for it, and of all between ids."""
MOST_TERMS = 50_000
"""After so many terms a transaction ends: a few texts may have as many as thousands of others."""
NOTE = """
INSERT INTO complaint_terms (provider_id, id, terms) VALUES ($1, $2, $3)
ON CONFLICT (provider_id, id) DO UPDATE SET terms = excluded.terms
"""


def ask_for_terms(work: UnitOfWork, complaint_id: UUID) -> None:
    """Has a complaint's terms noted by the clock, as soon as it is committed."""
    set_timer(work, complaint_id, NOTING, "note", work.now)


def ask_for_many_terms(work: UnitOfWork, after: UUID, until: UUID) -> None:
    """Has the terms noted of all complaints whose ids are beyond one and not beyond the other."""
    set_timer(work, work.provider_id, NOTING_MANY, f"{after} {until}", work.now)


async def note_terms(work: UnitOfWork, complaint_ids: Collection[UUID]) -> UUID | None:
    """Notes the terms of complaints anew, but not of those whose first party is erased.

    The parties are locked against an erasure, which takes the terms away after it has their lock. Returns where it
    ended in the order of ids, if that was for the number of terms.
    """
    vault, rows, many = await provider_vault(work), [], 0
    ended: UUID | None = None
    for complaint, party in await work.read(WITH_FIRST_PARTY, ids=list(complaint_ids)):
        await asyncio.sleep(0)  # requests that the same process serves do not wait for hundreds of texts
        key = key_of(vault, party)
        if key is not None:
            terms = hashes_of(vault, terms_of(words_in(key, complaint)))
            rows.append((work.provider_id, complaint.id, terms))
            many += len(terms)
        if many >= MOST_TERMS:
            ended = complaint.id
            break
    await work.driver.executemany(NOTE, rows)
    return ended


async def forget_terms(work: UnitOfWork, complaint_id: UUID) -> None:
    """Deletes the terms of a complaint whose words can be read no more."""
    mine = (ComplaintTerms.provider_id == work.provider_id, ComplaintTerms.id == complaint_id)
    await work.session.execute(delete(ComplaintTerms).where(*mine))
