"""Reads of complaints."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.ids import heard
from chassis.paging import Listing, ListQuery, Rows
from chassis.provider_keys import provider_vault
from chassis.sealing import PersonKey, ProviderVault
from chassis.tables import JournalEntry
from services.complaints.complaints.models import Complaint, Contact, Party
from services.complaints.complaints.schemas import ComplaintQuery, PartyOut

COMPLAINTS = Listing(
    Complaint,
    filters={
        "state": Complaint.state,
        "channel": Complaint.channel,
        "category": Complaint.category,
        "priority": Complaint.priority,
        "customer_id": Complaint.customer_id,
        "origin": Complaint.origin,
    },
    sorts={
        "-received_at": Complaint.received_at,
        "received_at": Complaint.received_at,
        "-updated_at": Complaint.updated_at,
        "updated_at": Complaint.updated_at,
    },
    updated_at=Complaint.updated_at,
)
TIMELINE = Listing(JournalEntry, filters={}, sorts={"version": JournalEntry.version}, updated_at=JournalEntry.at)


class Opened(NamedTuple):
    """The personal part of a complaint, readable."""

    parties: list[PartyOut]
    title: str | None
    words: str | None


async def list_complaints(work: UnitOfWork, asked: ComplaintQuery) -> Rows[Complaint]:
    """A page of the provider's complaints."""
    return await COMPLAINTS.page(work, select(Complaint).where(Complaint.provider_id == work.provider_id), asked)


async def parties_of(work: UnitOfWork, complaint_id: UUID) -> Sequence[Party]:
    """The parties of a complaint in their order; the first one's key seals title and words."""
    mine = (Party.provider_id == work.provider_id, Party.complaint_id == complaint_id)
    return (await work.session.execute(select(Party).where(*mine).order_by(Party.place))).scalars().all()


async def complaint_by_receipt(work: UnitOfWork, receipt_number: str) -> Complaint | None:
    """A complaint by its receipt number, however it was typed."""
    plain = heard(receipt_number)
    number = f"{plain[:2]}-{plain[2:]}"
    mine = (Complaint.provider_id == work.provider_id, Complaint.receipt_number == number)
    return (await work.session.execute(select(Complaint).where(*mine))).scalar_one_or_none()


async def timeline(
    work: UnitOfWork, complaint_id: UUID, asked: ListQuery
) -> tuple[Rows[JournalEntry], dict[UUID, tuple[Contact, str | None]]]:
    """A page of a complaint's journal, oldest first, with the contact behind each entry and its words."""
    await work.find(Complaint, complaint_id)
    mine = (JournalEntry.provider_id == work.provider_id, JournalEntry.subject == complaint_id)
    rows = await TIMELINE.page(work, select(JournalEntry).where(*mine), asked, complaint_id)
    entries = [entry.id for entry in rows.items]
    query = (
        select(Contact, Party)
        .join(Party, (Party.provider_id == Contact.provider_id) & (Party.id == Contact.party_id))
        .where(Contact.provider_id == work.provider_id, Contact.complaint_id == complaint_id)
        .where(Contact.entry_id.in_(entries))
    )
    vault = await provider_vault(work)
    found = (await work.session.execute(query)).all()
    return rows, {contact.entry_id: (contact, _words(vault, contact, party)) for contact, party in found}


def open_complaint(vault: ProviderVault, complaint: Complaint, parties: Sequence[Party]) -> Opened:
    """Decrypts what a complaint holds of persons; what was erased is None."""
    first = key_of(vault, parties[0])
    return Opened(
        [_party_out(vault, party) for party in parties],
        first.open(complaint.title_sealed, "title") if first else None,
        first.open(complaint.words_sealed, "words") if first else None,
    )


def key_of(vault: ProviderVault, party: Party) -> PersonKey | None:
    """The key of a party; None once it was erased."""
    return None if party.wrapped_key is None else vault.person(party.id, party.wrapped_key)


def _party_out(vault: ProviderVault, party: Party) -> PartyOut:
    key = key_of(vault, party)
    fields = ("name", "telephone", "email", "address")
    opened = {name: key.open(getattr(party, f"{name}_sealed"), name) if key else None for name in fields}
    return PartyOut(id=party.id, role=party.role, **opened)


def _words(vault: ProviderVault, contact: Contact, party: Party) -> str | None:
    key = key_of(vault, party)
    return key.open(contact.words_sealed, "contact words") if key else None
