"""Reads of the persons in complaints."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from chassis.db import UnitOfWork
from chassis.persons.sources import Place, Told
from chassis.provider_keys import provider_vault
from services.complaints.complaints.models import Complaint, Contact, Party
from services.complaints.complaints.queries import key_of, party_out
from services.complaints.complaints.rules import ENDED

RECORD = "complaint"


async def find(work: UnitOfWork, hashes: Sequence[bytes]) -> list[Place]:
    """The parties that are reached in one of these ways."""
    reached = or_(Party.telephone_hash.in_(hashes), Party.email_hash.in_(hashes))
    return await _places(work, reached)


async def tell(work: UnitOfWork, person_id: UUID) -> Told | None:
    """All that is held of a party: who it is, what was said to it, and for the first one the words of the complaint."""
    party = await work.session.get(Party, (work.provider_id, person_id))
    if party is None:
        return None
    complaint = await work.find(Complaint, party.complaint_id)
    key = key_of(await provider_vault(work), party)
    data = party_out(await provider_vault(work), party).model_dump(mode="json", exclude={"id", "role"})
    data |= {"receipt_number": complaint.receipt_number, "received_at": complaint.received_at}
    data |= {"privacy_notice": complaint.privacy_notice}
    if party.place == 0 and key is not None:
        data |= {"title": key.open(complaint.title_sealed, "title"), "words": key.open(complaint.words_sealed, "words")}
    mine = (Contact.provider_id == work.provider_id, Contact.complaint_id == complaint.id, Contact.party_id == party.id)
    contacts = (await work.session.execute(select(Contact).where(*mine).order_by(Contact.at))).scalars()
    data["contacts"] = [
        {
            "at": one.at,
            "method": one.method,
            "told": one.told,
            "words": key.open(one.words_sealed, "contact words") if key else None,
        }
        for one in contacts
    ]
    return Told(Place(party.id, RECORD, complaint.id, party.role), data)


async def ended(work: UnitOfWork, before: datetime, most: int) -> list[Place]:
    """The parties, at most so many, of complaints that ended before an instant, who are not erased."""
    over = Complaint.state.in_([str(state) for state in ENDED]) & (Complaint.updated_at < before)
    return await _places(work, over & Party.wrapped_key.is_not(None), most)


async def everyone(work: UnitOfWork, after: UUID | None, most: int) -> list[Place]:
    """The parties whose ids follow another's, at most so many, in the order of their ids."""
    query = select(Party.id, Party.complaint_id, Party.role).where(Party.provider_id == work.provider_id)
    if after is not None:
        query = query.where(Party.id > after)
    rows = await work.session.execute(query.order_by(Party.id).limit(most))
    return [Place(row.id, RECORD, row.complaint_id, row.role) for row in rows]


async def _places(work: UnitOfWork, which: ColumnElement[bool], most: int | None = None) -> list[Place]:
    of_complaint = (Complaint.provider_id == Party.provider_id) & (Complaint.id == Party.complaint_id)
    query = (
        select(Party.id, Party.complaint_id, Party.role)
        .join(Complaint, of_complaint)
        .where(Party.provider_id == work.provider_id, which)
        .order_by(Complaint.updated_at, Party.id)
        .limit(most)
    )
    return [Place(row.id, RECORD, row.complaint_id, row.role) for row in await work.session.execute(query)]
