"""What is done to the persons in complaints."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select, update

from chassis.attachments.actions import erase_attachments
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.messages.models import Message
from chassis.persons.hashes import email_hash, telephone_hash
from chassis.persons.sources import Basis, Place
from chassis.sealing import PersonKey, ProviderVault
from contracts.complaints import ComplaintPersonErased
from services.complaints.complaints.models import Complaint, Contact, Party
from services.complaints.complaints.queries import state_of
from services.complaints.complaints.schemas import PartyIn
from services.complaints.external_cases.models import ExternalCase
from services.complaints.notices.queries import COPIES_TO
from services.complaints.parties.queries import records_of
from services.complaints.search.actions import forget_terms


async def erase(work: UnitOfWork, person_id: UUID) -> dict[str, int]:
    """Destroys a party's key and the hashes that find it, or its words; what the key sealed can be read no more.

    Messages to the person lose their copy of the key: one that waits is not sent. Files belong to the complaint, and
    whoever handed them in may show anyone in them: they are erased with the last party that complains, never before.
    Returns the rows that this made unreadable, by table. The sealed answer of a request that created something under
    an Idempotency-Key may hold the person's data for 24 hours more, for whoever has that key.
    """
    found = await work.session.get_one(Party, (work.provider_id, person_id))
    complaint = await work.load(Complaint, found.complaint_id)  # locked: of two erasures, one is the last
    nothing = {"wrapped_key": None, "telephone_hash": None, "email_hash": None}
    mine = (Party.provider_id == work.provider_id, Party.id == person_id)
    await work.session.execute(update(Party).where(*mine).values(nothing))
    told = (Message.provider_id == work.provider_id, Message.person_id == person_id)
    messages = await work.session.execute(update(Message).where(*told).values(wrapped_key=None).returning(Message.id))
    contacts = select(func.count()).where(Contact.provider_id == work.provider_id, Contact.party_id == person_id)
    rows = {"complaint_party": 1, "complaint_contact": (await work.session.execute(contacts)).scalar_one()}
    rows["message"] = len(messages.all())
    rows["handling_record"] = len(await records_of(work, found))
    rows["notice_copy"] = len(await work.read(COPIES_TO, parties=[found.id]))
    rulings = select(func.count()).where(
        ExternalCase.provider_id == work.provider_id, ExternalCase.party_id == person_id
    )
    rows["external_case"] = (await work.session.execute(rulings)).scalar_one()
    if found.role != "subject" and not await _still_complains(work, complaint):
        rows["attachment"] = await erase_attachments(work, complaint.id)
    if found.place == 0:
        await forget_terms(work, complaint.id)
        rows["complaint"] = 1
    return rows


async def note_erasure(work: UnitOfWork, place: Place, basis: Basis) -> None:
    """Journals with the complaint that a party of it was erased, and why."""
    complaint = await work.find(Complaint, place.record_id)  # locked by the erasure
    told = await state_of(work, complaint)
    work.record(complaint, ComplaintPersonErased(**told, person_id=place.person_id, basis=basis))
    await work.flush()  # the sweep may go on with another party, which reads the complaint afresh


async def _still_complains(work: UnitOfWork, complaint: Complaint) -> bool:
    """Whether a party that complains is not erased."""
    of_complaint = (Party.provider_id == work.provider_id, Party.complaint_id == complaint.id)
    query = select(Party.id).where(*of_complaint, Party.role != "subject", Party.wrapped_key.is_not(None))
    return (await work.session.execute(query.limit(1))).first() is not None


def seal_parties(
    work: UnitOfWork, vault: ProviderVault, complaint_id: UUID, given: Iterable[PartyIn]
) -> tuple[list[Party], list[PersonKey]]:
    """The parties of a new complaint in their order, sealed, with the key of each."""
    parties, keys = [], []
    for place, one in enumerate(given):
        party_id = new_id()
        key = vault.new_person(party_id)
        parties.append(
            Party(
                provider_id=work.provider_id,
                id=party_id,
                complaint_id=complaint_id,
                place=place,
                role=one.role,
                wrapped_key=key.wrapped,
                name_sealed=key.seal(one.name, "name"),
                telephone_sealed=key.seal(one.telephone, "telephone"),
                email_sealed=key.seal(one.email, "email"),
                address_sealed=key.seal(one.address, "address"),
                account_id=one.account_id,
                telephone_hash=telephone_hash(vault, one.telephone),
                email_hash=email_hash(vault, one.email),
            )
        )
        keys.append(key)
    return parties, keys
