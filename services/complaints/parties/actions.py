"""What is done to the persons in complaints."""

from uuid import UUID

from sqlalchemy import func, select, update

from chassis.db import UnitOfWork
from chassis.messages.models import Message
from services.complaints.complaints.models import Contact, Party


async def erase(work: UnitOfWork, person_id: UUID) -> dict[str, int]:
    """Destroys a party's key and the hashes that find it; what the key sealed can be read no more.

    Returns the rows that this made unreadable, by table.
    """
    party = await work.session.get(Party, (work.provider_id, person_id), with_for_update=True)
    assert party is not None
    nothing = {"wrapped_key": None, "telephone_hash": None, "email_hash": None}
    mine = (Party.provider_id == work.provider_id, Party.id == person_id)
    await work.session.execute(update(Party).where(*mine).values(nothing))
    told = (Message.provider_id == work.provider_id, Message.person_id == person_id)
    messages = await work.session.execute(update(Message).where(*told).values(wrapped_key=None).returning(Message.id))
    contacts = select(func.count()).where(Contact.provider_id == work.provider_id, Contact.party_id == person_id)
    rows = {"complaint_party": 1, "complaint_contact": (await work.session.execute(contacts)).scalar_one()}
    rows["message"] = len(messages.all())
    return rows | {"complaint": 1} if party.place == 0 else rows
