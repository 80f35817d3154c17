"""Reads of dossiers: all that is on record of one complaint, and the part of it that is hashed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import BindParameter, bindparam, select

from chassis.attachments.models import Attachment
from chassis.attachments.queries import attachments_out
from chassis.attachments.schemas import AttachmentOut
from chassis.canonical import canonical
from chassis.clocks.queries import Measured
from chassis.db import UnitOfWork
from chassis.messages.models import Message
from chassis.messages.queries import open_message, shown
from chassis.paging import ListQuery
from chassis.provider_keys import provider_vault
from chassis.rows import Read
from chassis.schemas import objection_out
from chassis.tables import JournalEntry
from contracts.complaint_state import ComplaintState
from services.complaints.channels.models import ChannelVersion
from services.complaints.channels.schemas import ChannelVersionOut
from services.complaints.complaints.models import Complaint, Contact, HandlingRecord, NoticeCopy
from services.complaints.complaints.queries import (
    COPIES_OF,
    FOLLOWING,
    OF_MERGED,
    entries_out,
    key_of,
    masked_party,
    merged_into_one,
    party_out,
    shared,
    timeline,
)
from services.complaints.complaints.rules import is_subject, sees_persons
from services.complaints.complaints.schemas import TimelineEntry
from services.complaints.dossiers.rules import ATTACHED, CLOSINGS, hash_of, kept_of, missing, record_of, without_cases
from services.complaints.dossiers.schemas import (
    CaseOut,
    DossierOut,
    FrozenOut,
    IntervalOut,
    MergedOut,
    NamedStaffOut,
    SentOut,
)
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.queries import CASES_OF, columns_of, summary_of
from services.complaints.notices.actions import ACKNOWLEDGEMENT, LATER
from services.complaints.policies.schemas import PolicyRules
from services.complaints.staff.queries import NAMED
from services.complaints.staff.rules import NAMING, account_of, ids_in
from services.complaints.steps.queries import Matter, complaint_out, matter

_MINE: BindParameter[UUID] = bindparam("provider_id")
ENTRIES = Read(
    select(JournalEntry)
    .where(JournalEntry.provider_id == _MINE, JournalEntry.subject == bindparam("id"))
    .order_by(JournalEntry.version),
    JournalEntry,
)
CONTACTS = Read(
    select(Contact)
    .where(Contact.provider_id == _MINE, Contact.complaint_id == bindparam("id"))
    .order_by(Contact.at, Contact.id),
    Contact,
)
MESSAGES = Read(
    select(Message)
    .where(Message.provider_id == _MINE, Message.record_id == bindparam("id"))
    .order_by(Message.created_at, Message.id),
    Message,
)
ATTACHMENTS = Read(
    select(Attachment)
    .where(Attachment.provider_id == _MINE, Attachment.record_id == bindparam("id"))
    .order_by(Attachment.received_at, Attachment.id),
    Attachment,
)
CASE_ENTRIES = Read(
    select(JournalEntry)
    .join(
        ExternalCase,
        (ExternalCase.provider_id == JournalEntry.provider_id) & (ExternalCase.id == JournalEntry.subject),
    )
    .where(ExternalCase.provider_id == _MINE, ExternalCase.complaint_id == bindparam("id"))
    .order_by(JournalEntry.seq),
    JournalEntry,
)
"""What has happened to the cases of a complaint at authorities."""
MERGED = Read(
    select(Complaint)
    .where(Complaint.provider_id == _MINE, Complaint.id.in_(select(merged_into_one().c.id)))
    .order_by(Complaint.received_at, Complaint.id),
    Complaint,
)
OF_ENTRY = ("id", "type", "version", "at", "actor", "clause", "data")
OF_CONTACT = ("id", "party_id", "entry_id", "method", "at", "made_by", "template", "message_id", "told", "quoted")
OF_RECORD = (
    "id", "entry_id", "place", "step", "round", "at", "entered_at", "made_by", "party_id", "message_id", "data",
)  # fmt: skip
OF_COPY = ("id", "record_id", "party_id", "message_id")
OF_ATTACHMENT = (
    "id", "purpose", "media_type", "size", "sha256", "stored_size", "stored_sha256", "effective_at", "received_at",
    "added_by",
)  # fmt: skip
OF_MESSAGE = ("id", "kind", "person_id", "template", "template_version", "language", "created_at")
OF_CLOCK = (
    "name", "round", "calendar_number", "promised_minutes", "promised_due_at", "limit_minutes", "started_at", "due_at",
    "stopped_at",
)  # fmt: skip
OF_INTERVAL = ("kind", "reason", "started_at", "ended_at")
PROMISE = Read(
    select(ChannelVersion).where(
        ChannelVersion.provider_id == _MINE,
        ChannelVersion.channel_id == bindparam("channel_id"),
        ChannelVersion.number == bindparam("number"),
    ),
    ChannelVersion,
)
KINDS = {kind.code: kind for kind in (ACKNOWLEDGEMENT, *LATER)}
READ_MESSAGES, READ_FILES = "complaints.message.read", "complaints.attachment.read"
READ_CASES = "complaints.external_case.read"
Parts = dict[str, list[dict[str, Any]]]


class Papers(NamedTuple):
    """What is on record of a complaint, row by row."""

    entries: Sequence[JournalEntry]
    contacts: Sequence[Contact]
    messages: Sequence[Message]
    attachments: Sequence[Attachment]
    copies: Sequence[NoticeCopy]
    cases: Sequence[JournalEntry]

    @property
    def closing(self) -> JournalEntry | None:
        """The entry with which the complaint was closed last."""
        return next((one for one in reversed(self.entries) if one.type in CLOSINGS), None)


async def papers_of(work: UnitOfWork, complaint_id: UUID) -> Papers:
    """All papers of a complaint."""
    told = await work.read_together((ENTRIES, CONTACTS, MESSAGES, ATTACHMENTS), id=complaint_id)
    return Papers(*told, *await work.read_together((COPIES_OF, CASE_ENTRIES), id=complaint_id))


async def hash_at_closing(matter: Matter, clocks: Sequence[Measured]) -> str:
    """The hash of a complaint that is being closed, before the entry that closes it."""
    papers = await papers_of(matter.work, matter.complaint.id)
    return hash_of(record(matter, papers, state_now(matter.complaint, clocks), clocks))


def state_now(complaint: Complaint, clocks: Sequence[Measured]) -> dict[str, Any]:
    """The shared state of a complaint as it would be journalled now."""
    return ComplaintState(**shared(complaint, clocks)).model_dump(mode="json")


def frozen_record(matter: Matter, papers: Papers) -> dict[str, Any]:
    """The record that was frozen when the complaint was closed last, as the rows say it now."""
    closing = papers.closing
    assert closing is not None
    before = papers._replace(
        entries=[one for one in papers.entries if one.version < closing.version],
        cases=[one for one in papers.cases if one.seq < closing.seq],
    )
    clocks = [one for one in matter.clocks if one.clock.started_at <= closing.at]
    return record(matter, before, closing.data, clocks)


def record(matter: Matter, papers: Papers, state: Mapping[str, Any], clocks: Sequence[Measured]) -> dict[str, Any]:
    """The record of a complaint as far as some entries go: what belongs to another entry is left out."""
    entries = {one.id for one in papers.entries}
    records = [one for one in matter.records if one.entry_id in entries]
    contacts = [one for one in papers.contacts if one.entry_id in entries]
    kept = {one.id for one in records}
    copies = [one for one in papers.copies if one.record_id in kept]
    written: list[HandlingRecord | Contact | NoticeCopy] = [*records, *contacts, *copies]
    named = {one.message_id for one in written}
    attached = {one.data["attachment"]["attachment_id"] for one in papers.entries if one.type == ATTACHED}
    parts: Parts = {
        "parties": [_of(party, ("id", "place", "role", "account_id")) for party in matter.parties],
        "entries": [_of(one, OF_ENTRY) for one in papers.entries],
        "records": [_of(one, OF_RECORD) for one in records],
        "contacts": [_of(one, OF_CONTACT) for one in contacts],
        "messages": [_of(one, OF_MESSAGE) for one in papers.messages if one.id in named],
        "attachments": [_of(one, OF_ATTACHMENT) for one in papers.attachments if str(one.id) in attached],
        "clocks": [
            _of(one.clock, OF_CLOCK) | {"intervals": [_of(row, OF_INTERVAL) for row in one.rows]} for one in clocks
        ],
    }
    more: Parts = {
        "copies": [_of(one, OF_COPY) for one in copies],
        "cases": [_of(one, OF_ENTRY) | {"case_id": one.subject} for one in papers.cases],
    }
    parts |= {name: rows for name, rows in more.items() if rows}  # without any, it is as before there could be some
    return record_of(state, parts)


async def dossier_of(work: UnitOfWork, complaint_id: UUID, language: str) -> DossierOut:
    """A dossier as a caller sees it; raises a 404 problem where there is no such complaint."""
    one = await matter(work, complaint_id)
    papers, complaint = await papers_of(work, complaint_id), one.complaint
    entries = await _entries(work, complaint_id)
    attachments = await _attachments(one, papers.attachments)
    cases = await _cases(one)
    lacks = missing(kept_of(complaint, one.facts.records))
    return DossierOut(
        made_at=work.now,
        complaint=await complaint_out(one, language),
        followed_by=[later.id for later in await work.read(FOLLOWING, id=complaint_id)],
        merged=await _merged(one),
        external_cases=cases,
        channel=await _promise_of(work, complaint),
        policy=None if complaint.policy is None else PolicyRules(**complaint.policy),
        entries=entries,
        staff=await staff_named(work, _accounts(one, entries, attachments, cases)),
        intervals=_intervals(one.clocks),
        messages=await _messages(one, papers.messages),
        attachments=attachments,
        waivers=[entry.version for entry in entries if entry.record is not None and entry.record.step == "waive"],
        missing=[objection_out(lack, language) for lack in lacks],
        frozen=_frozen(one, papers),
    )


def _frozen(one: Matter, papers: Papers) -> FrozenOut:
    closing = papers.closing
    if closing is None:
        found = record(one, papers, state_now(one.complaint, one.clocks), one.clocks)
    else:
        found = frozen_record(one, papers)
    sha256, frozen = hash_of(found), one.complaint.dossier_sha256
    if closing is not None and sha256 != frozen:  # what was closed before cases were hashed is found without them
        earlier = frozen_record(one, papers._replace(cases=[]))
        found, sha256 = (earlier, frozen) if hash_of(earlier) == frozen else (found, sha256)
    masked = is_subject(one.work.actor, one.subjects)
    return FrozenOut(
        sha256=sha256,
        frozen_sha256=frozen,
        matches=None if frozen is None else sha256 == frozen,
        entries=len(found["entries"]),
        masked=masked,
        record=orjson.loads(canonical(without_cases(found) if masked else found)),
    )


async def _entries(work: UnitOfWork, complaint_id: UUID) -> list[TimelineEntry]:
    found, cursor, first = list[TimelineEntry](), None, True
    while first or cursor is not None:
        told = await timeline(work, complaint_id, ListQuery(limit=200, cursor=cursor))
        found += entries_out(told)
        cursor, first = told.rows.next, False
    return found


def _accounts(
    one: Matter, entries: Iterable[TimelineEntry], attachments: Iterable[AttachmentOut], cases: Iterable[CaseOut]
) -> set[UUID]:
    """Whoever of the provider's people is named in a dossier."""
    complaint = one.complaint
    acted = [complaint.registered_by, *(entry.actor for entry in entries), *(file.added_by for file in attachments)]
    acted += [case.registered_by for case in cases]
    acted += [opening.actor for entry in entries for opening in entry.openings]
    held = [complaint.handler_id, complaint.backup_id, complaint.follow_up_caller_id]
    named = {*map(account_of, acted), *held, *one.subjects}
    for entry in entries:
        named |= set(ids_in(entry.record.data, NAMING)) if entry.record is not None else set()
    return {account for account in named if account is not None}


async def staff_named(work: UnitOfWork, accounts: Collection[UUID]) -> list[NamedStaffOut]:
    """Some accounts with number and post of those that are of members of staff, in one query."""
    known = {one.id: one for one in await work.read(NAMED, ids=sorted(accounts))}
    return [
        NamedStaffOut(
            account_id=account,
            staff_number=known[account].staff_number if account in known else None,
            post=known[account].post if account in known else None,
        )
        for account in sorted(accounts)
    ]


async def _promise_of(work: UnitOfWork, complaint: Complaint) -> ChannelVersionOut | None:
    """What the channel promised when the complaint was received."""
    found = await work.read(PROMISE, channel_id=complaint.channel_id, number=complaint.channel_version)
    return ChannelVersionOut.model_validate(found[0]) if found else None


def _intervals(clocks: Sequence[Measured]) -> list[IntervalOut]:
    return [
        IntervalOut(clock=one.clock.name, round=one.clock.round, **_of(row, OF_INTERVAL))
        for one in clocks
        for row in one.rows
    ]


async def _messages(one: Matter, messages: Sequence[Message]) -> list[SentOut]:
    """The messages of a complaint, with their words for who may read both messages and persons."""
    vault, actor = await provider_vault(one.work), one.work.actor
    reads = actor.may(READ_MESSAGES) and sees_persons(actor, one.subjects)
    same = ("id", "kind", "state", "template", "template_version", "language", "created_at", "sent_at", "sha256")
    sent = []
    for message in messages:
        opened = shown(open_message(vault, message), KINDS.get(message.kind)) if reads else None
        sent.append(
            SentOut(
                party_id=message.person_id,
                fault=message.fault,
                subject=opened.subject if opened else None,
                text=opened.text if opened else None,
                **_of(message, same),
            )
        )
    return sent


async def _merged(one: Matter) -> list[MergedOut]:
    """The complaints that were merged into one, with their parties as the caller may see them."""
    merged, parties = await one.work.read_together((MERGED, OF_MERGED), id=one.complaint.id)
    vault, plain = await provider_vault(one.work), sees_persons(one.work.actor, one.subjects)
    found = []
    for complaint in merged:
        mine = [party_out(key_of(vault, party), party) for party in parties if party.complaint_id == complaint.id]
        seen = mine if plain else [masked_party(party) for party in mine]
        found.append(MergedOut(id=complaint.id, receipt_number=complaint.receipt_number, parties=seen))
    return found


async def _cases(one: Matter) -> list[CaseOut]:
    """The cases at authorities, with the words of rulings for who may read both cases and persons.

    Whoever it is about sees nothing of them.
    """
    work, found = one.work, list[CaseOut]()
    if is_subject(work.actor, one.subjects):
        return found
    for case in await work.read(CASES_OF, id=one.complaint.id):
        reads = work.actor.may(READ_CASES)
        summary = (await summary_of(work, case, one.subjects)).words if reads else None
        found.append(CaseOut.model_validate(columns_of(case, work.now) | {"summary": summary}))
    return found


async def _attachments(one: Matter, attachments: Sequence[Attachment]) -> list[AttachmentOut]:
    """The files of a complaint; what they are called may tell of persons."""
    actor = one.work.actor
    reads = actor.may(READ_FILES) and sees_persons(actor, one.subjects)
    files = await attachments_out(one.work, attachments)
    return files if reads else [file.model_copy(update={"name": None}) for file in files]


def _of(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
