"""Reads of the persons in complaints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from chassis.attachments.models import Attachment
from chassis.attachments.queries import attachments_out
from chassis.db import UnitOfWork
from chassis.messages.models import Message
from chassis.messages.queries import open_message
from chassis.persons.sources import Place, Told
from chassis.provider_keys import provider_vault
from chassis.rows import Read
from chassis.sealing import PersonKey
from services.complaints.complaints.models import Complaint, Contact, HandlingRecord, Party
from services.complaints.complaints.queries import copy_text, key_of, opened_words, party_out
from services.complaints.complaints.rules import ENDED
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.queries import summary_field
from services.complaints.external_cases.rules import State as CaseState
from services.complaints.notices.queries import COPIES_TO

RECORD = "complaint"
_MINE = Complaint.provider_id == bindparam("provider_id")
_ONE = select(Complaint.id, Complaint.merged_into).where(_MINE, Complaint.id == bindparam("id")).cte(recursive=True)
_CHAIN = _ONE.union(select(Complaint.id, Complaint.merged_into).where(_MINE, Complaint.id == _ONE.c.merged_into))
OF_PARTY = Read(
    select(HandlingRecord)
    .where(
        HandlingRecord.provider_id == bindparam("provider_id"),
        HandlingRecord.complaint_id.in_(select(_CHAIN.c.id)),
        or_(
            HandlingRecord.party_id == bindparam("party_id"),
            and_(HandlingRecord.party_id.is_(None), HandlingRecord.complaint_id == bindparam("id")),
        ),
    )
    .order_by(HandlingRecord.complaint_id, HandlingRecord.place),
    HandlingRecord,
)
"""The records that are about a party or about nobody, of its complaint and of what that was merged into."""


async def find(work: UnitOfWork, hashes: Sequence[bytes]) -> list[Place]:
    """The parties that are reached in one of these ways."""
    reached = or_(Party.telephone_hash.in_(hashes), Party.email_hash.in_(hashes))
    return await _places(work, reached)


async def tell(work: UnitOfWork, person_id: UUID) -> Told | None:
    """All that is held of a party: who it is, what it was told and sent, of the first one the words of the complaint.

    Whoever complains is told the complaint's files too.
    """
    party = await work.session.get(Party, (work.provider_id, person_id))
    if party is None:
        return None
    complaint = await work.find(Complaint, party.complaint_id)
    vault = await provider_vault(work)
    key = key_of(vault, party)
    data = party_out(key, party).model_dump(mode="json", exclude={"id", "role"})
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
    data["rulings"] = await _rulings(work, party, key)
    data["records"] = [
        {"at": one.at, "step": one.step, "words": opened_words(vault, one, party)}
        for one in await records_of(work, party)
    ]
    copies = await work.read(COPIES_TO, parties=[party.id])
    data["notices"] = [copy_text(vault, one, party) for one in copies]
    data["messages"] = await _messages(work, party)
    if party.role != "subject":
        data["files"] = await _files(work, complaint)
    return Told(Place(party.id, RECORD, complaint.id, party.role), data)


async def records_of(work: UnitOfWork, party: Party) -> list[HandlingRecord]:
    """The records whose words a party's key seals, those of the complaint that its own was merged into too."""
    found = await work.read(OF_PARTY, id=party.complaint_id, party_id=party.id)
    return [one for one in found if one.words_sealed is not None and (one.party_id or party.place == 0)]


async def _rulings(work: UnitOfWork, party: Party, key: PersonKey | None) -> list[dict[str, Any]]:
    """What authorities have ruled, as far as its words are sealed with a party's key."""
    mine = (ExternalCase.provider_id == work.provider_id, ExternalCase.party_id == party.id)
    cases = (await work.session.execute(select(ExternalCase).where(*mine).order_by(ExternalCase.ruled_at))).scalars()
    return [
        {
            "body": one.body,
            "reference": one.reference,
            "outcome": one.outcome,
            "words": key.open(one.summary_sealed, summary_field(one.id)) if key else None,
        }
        for one in cases
    ]


async def _messages(work: UnitOfWork, party: Party) -> list[dict[str, Any]]:
    """What was sent to a party, or waits to be."""
    mine = (Message.provider_id == work.provider_id, Message.person_id == party.id)
    messages = (await work.session.execute(select(Message).where(*mine).order_by(Message.created_at))).scalars().all()
    vault, shown = await provider_vault(work), ("recipient", "subject", "text", "diagnostic")
    opened = [open_message(vault, one)._asdict() for one in messages]
    return [
        {"kind": one.kind, "state": one.state, "created_at": one.created_at} | {name: words[name] for name in shown}
        for one, words in zip(messages, opened, strict=True)
    ]


async def _files(work: UnitOfWork, complaint: Complaint) -> list[dict[str, Any]]:
    """The files of a complaint; their contents are downloaded from the complaint."""
    mine = (Attachment.provider_id == work.provider_id, Attachment.record_id == complaint.id)
    query = select(Attachment).where(*mine).order_by(Attachment.received_at)
    files = await attachments_out(work, (await work.session.execute(query)).scalars().all())
    shown = {"id", "name", "media_type", "size", "received_at", "erased_at"}
    return [one.model_dump(mode="json", include=shown) for one in files]


async def ended(work: UnitOfWork, before: datetime, most: int) -> list[Place]:
    """The parties, at most so many, of complaints that ended before an instant, who are not erased.

    A past case counts from its import, so that its persons are not erased the day after; one that was merged, from the
    end of what it was merged into. Nobody is erased while an authority waits for our reply.
    """
    held = select(_held(work.provider_id, before).c.id)
    due = (_is_over(Complaint, before), Complaint.id.not_in(held), Party.wrapped_key.is_not(None))
    return await _places(work, and_(*due), most)


def _is_over(one: type[Complaint], before: datetime) -> ColumnElement[bool]:
    """Whether a complaint ended before an instant, and no case of it at an authority waits for our reply."""
    waiting = exists().where(
        ExternalCase.provider_id == one.provider_id,
        ExternalCase.complaint_id == one.id,
        ExternalCase.state == CaseState.OPEN,
    )
    ended_at = func.greatest(one.closed_at, one.registered_at)
    return and_(one.state.in_([str(state) for state in ENDED]), ended_at < before, ~waiting)


def _held(provider_id: UUID, before: datetime) -> CTE:
    """The complaints that were merged into one which is not over, at once or by way of another."""
    target = aliased(Complaint)
    merged = select(Complaint.id).where(Complaint.provider_id == provider_id)
    whole = merged.join(
        target, and_(target.provider_id == Complaint.provider_id, target.id == Complaint.merged_into)
    ).where(~_is_over(target, before))
    held = whole.cte("held", recursive=True)
    return held.union(merged.join(held, Complaint.merged_into == held.c.id))


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
        .order_by(Complaint.registered_at, Party.id)
        .limit(most)
    )
    return [Place(row.id, RECORD, row.complaint_id, row.role) for row in await work.session.execute(query)]
