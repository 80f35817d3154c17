"""Reads of complaints."""

import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, CTE, Uuid, any_, bindparam, exists, literal_column, select

from chassis.actors import Who
from chassis.attachments.models import Attachment
from chassis.clocks.models import Clock
from chassis.clocks.queries import Measured, clocks_of
from chassis.clocks.rules import RUNNING
from chassis.db import UnitOfWork
from chassis.errors import FORBIDDEN, Problem, not_found
from chassis.ids import heard
from chassis.paging import Listing, ListQuery, Rows
from chassis.persons.rules import masked_email, masked_name, masked_number, masked_text
from chassis.provider_keys import provider_vault
from chassis.rows import Read, by_id
from chassis.sealing import PersonKey, ProviderVault
from chassis.tables import JournalEntry
from contracts.base import Text
from contracts.complaints import ComplaintAttachmentAdded
from services.complaints.complaints.models import Complaint, Contact, HandlingRecord, NoticeCopy, Party
from services.complaints.complaints.rules import PROMISED, is_subject, sees_persons, without_case
from services.complaints.complaints.schemas import (
    ComplaintItem,
    ComplaintQuery,
    Opening,
    PartyOut,
    TimelineContact,
    TimelineCopy,
    TimelineEntry,
    TimelineRecord,
)

NO_RECEIPT = Text("There is no complaint with this receipt number and code.", "没有与该受理编号和查询码相符的投诉。")
UNKNOWN_COMPLAINT = Text("There is no complaint with this id.", "没有使用该编号的投诉。")
ABOUT_YOU = Text(
    "The complaint is about you: its files and messages are not shown to you.",
    "该投诉涉及您本人，其附件和消息不向您展示。",
)
_LATE = exists().where(
    Clock.provider_id == bindparam("provider_id"),
    Clock.record_id == Complaint.id,
    Clock.state == literal_column(f"'{RUNNING}'"),
    Clock.due_at < bindparam("now"),
)
_LISTED = ComplaintItem.model_fields.keys() | {"provider_id", "external_system", "external_id"}
"""The columns that an item of the list is made of, and whose it is."""
COMPLAINTS = Listing(
    Complaint,
    filters={
        "state": Complaint.state,
        "channel": Complaint.channel,
        "category": Complaint.category,
        "priority": Complaint.priority,
        "customer_id": Complaint.customer_id,
        "origin": Complaint.origin,
        "severity": Complaint.severity,
        "cause": Complaint.cause,
        "service": Complaint.service,
        "handler_id": Complaint.handler_id,
        "follows": Complaint.follows,
        "overdue": {True: _LATE, False: ~_LATE},
    },
    sorts={
        "-received_at": Complaint.received_at,
        "received_at": Complaint.received_at,
        "-updated_at": Complaint.updated_at,
        "updated_at": Complaint.updated_at,
    },
    updated_at=Complaint.updated_at,
    without=frozenset(Complaint.__table__.columns.keys()) - _LISTED,
)
COMPLAINT, LOCKED = by_id(Complaint), by_id(Complaint, lock=True)
RECORD_WORDS = "handling words"
"""What the words of a step are sealed for."""
PARTIES = Read(
    select(Party)
    .where(Party.provider_id == bindparam("provider_id"), Party.complaint_id == bindparam("id"))
    .order_by(Party.place),
    Party,
)
COPY_WORDS = "notice copy"
"""What the words of a copy of a notice are sealed for."""
RECORDS = Read(
    select(HandlingRecord)
    .where(HandlingRecord.provider_id == bindparam("provider_id"), HandlingRecord.complaint_id == bindparam("id"))
    .order_by(HandlingRecord.place),
    HandlingRecord,
)


def merged_into_one() -> CTE:
    """The complaints that were merged into the one with `id`, and those that had been merged into them before."""
    mine = Complaint.provider_id == bindparam("provider_id")
    into = select(Complaint.id).where(mine, Complaint.merged_into == bindparam("id")).cte("merged", recursive=True)
    return into.union(select(Complaint.id).where(mine, Complaint.merged_into == into.c.id))


OF_MERGED = Read(
    select(Party)
    .where(Party.provider_id == bindparam("provider_id"), Party.complaint_id.in_(select(merged_into_one().c.id)))
    .order_by(Party.id),
    Party,
)
"""The parties of the complaints that were merged into one: each keeps its follow-up."""
FOLLOWING = Read(
    select(Complaint)
    .where(Complaint.provider_id == bindparam("provider_id"), Complaint.follows == bindparam("id"))
    .order_by(Complaint.received_at, Complaint.id),
    Complaint,
)
"""The complaints that take an earlier one up again."""
COPIES_OF = Read(
    select(NoticeCopy)
    .join(
        HandlingRecord,
        (HandlingRecord.provider_id == NoticeCopy.provider_id) & (HandlingRecord.id == NoticeCopy.record_id),
    )
    .where(NoticeCopy.provider_id == bindparam("provider_id"), HandlingRecord.complaint_id == bindparam("id"))
    .order_by(HandlingRecord.place, NoticeCopy.id),
    NoticeCopy,
)
"""The copies of the notices of one complaint."""
OF_PROMISE = frozenset(rule.name for rule in PROMISED)
MOST_OPENINGS = 50
_OPENED = Attachment.id == JournalEntry.subject
OPENINGS = Read(
    select(JournalEntry)
    .join(Attachment, (Attachment.provider_id == JournalEntry.provider_id) & _OPENED)
    .where(
        JournalEntry.provider_id == bindparam("provider_id"),
        JournalEntry.subject == any_(bindparam("files", type_=ARRAY(Uuid()))),
        JournalEntry.version > Attachment.version - literal_column(str(MOST_OPENINGS)),
    )
    .order_by(JournalEntry.subject, JournalEntry.version),
    JournalEntry,
)
"""The last openings of some files, each of which is a version of it."""
TIMELINE = Listing(
    JournalEntry,
    filters={},
    sorts={"version": JournalEntry.version},
    updated_at=JournalEntry.at,
    where=(JournalEntry.subject == bindparam("subject"),),
)


class Opened(NamedTuple):
    """The personal part of a complaint, readable, or masked for who need not know who it is."""

    parties: list[PartyOut]
    title: str | None
    words: str | None
    masked: bool


async def list_complaints(work: UnitOfWork, asked: ComplaintQuery) -> Rows[Complaint]:
    """A page of the provider's complaints."""
    return await COMPLAINTS.page(work, asked, now=work.now)


def columns_of(complaint: Complaint) -> dict[str, Any]:
    """What a complaint shows of its own row."""
    return {**vars(complaint), "external_reference": complaint.external_reference}


def promised_due(clocks: Iterable[Measured]) -> dict[str, datetime]:
    """When each limit that was promised at receipt is over, by clock."""
    first = (one.clock for one in clocks if one.clock.round == 1)
    return {clock.name: clock.promised_due_at for clock in first if clock.promised_due_at is not None}


def task_parameters(complaint: Complaint) -> dict[str, Any]:
    """What the titles of a complaint's tasks tell of it."""
    return {"receipt_number": complaint.receipt_number}


def shared(complaint: Complaint, clocks: Iterable[Measured]) -> dict[str, Any]:
    """The whole shared state of a complaint, as every event of it carries it."""
    names = (
        "receipt_number", "state", "channel", "channel_id", "channel_version", "received_at", "registered_at",
        "acknowledged_at", "anonymous", "category", "urgency", "impact", "priority", "concerns", "customer_id",
        "external_reference", "acknowledgement_failed", "origin", "decided_at", "closed_at", "imported_by_job",
        "severity", "validity", "safety", "legal", "service", "department_id", "policy_version",
        "handler_id", "backup_id", "follow_up_caller_id", "round", "cause",
        "decision", "first_decided_at", "satisfaction", "closing_way", "merged_into", "follows", "improvement",
        "dossier_sha256",
    )  # fmt: skip
    due, limits = dict[str, datetime](), dict[str, datetime]()
    for one in clocks:  # of the rounds of a clock the last one counts
        if one.clock.due_at is not None:
            (due if one.clock.name in OF_PROMISE else limits)[one.clock.name] = one.clock.due_at
    known = columns_of(complaint)
    columns = {name: known[name] for name in names}
    columns |= {f"about_{name}": known[f"subject_{name}"] for name in ("kind", "account_id", "unit_id")}
    return {"complaint_id": complaint.id, **columns, "due": due, "limits": limits}


async def state_of(work: UnitOfWork, complaint: Complaint) -> dict[str, Any]:
    """The same, with the clocks read."""
    return shared(complaint, await clocks_of(work, complaint.id))


async def parties_of(work: UnitOfWork, complaint_id: UUID) -> Sequence[Party]:
    """The parties of a complaint in their order; the first one's key seals title and words."""
    return await work.read(PARTIES, id=complaint_id)


def subjects_of(complaint: Complaint, parties: Iterable[Party]) -> set[UUID]:
    """The members of staff whom a complaint is about, by who complains or by its assessment."""
    named = {party.account_id for party in parties} | {complaint.subject_account_id}
    return {account for account in named if account is not None}


async def with_merged(
    work: UnitOfWork, complaint_id: UUID, parties: Sequence[Party], records: Iterable[HandlingRecord | NoticeCopy]
) -> Sequence[Party]:
    """The parties of the complaints that were merged into one, where its records name somebody who is not its own."""
    own = {party.id for party in parties} | {None}
    return () if all(one.party_id in own for one in records) else await work.read(OF_MERGED, id=complaint_id)


async def admit(work: UnitOfWork, complaint_id: UUID) -> None:
    """Raises a 403 problem for whom the complaint is about: its files and messages show the persons who complain."""
    found, parties = await work.read_together((COMPLAINT, PARTIES), id=complaint_id)
    if found and is_subject(work.actor, subjects_of(found[0], parties)):
        raise Problem(FORBIDDEN, ABOUT_YOU)


async def contacts_of(work: UnitOfWork, complaint_id: UUID) -> Sequence[Contact]:
    """The contacts with the parties of a complaint."""
    mine = (Contact.provider_id == work.provider_id, Contact.complaint_id == complaint_id)
    return (await work.session.execute(select(Contact).where(*mine))).scalars().all()


async def complaint_by_receipt(work: UnitOfWork, receipt_number: str) -> Complaint | None:
    """A complaint by its receipt number, however it was typed."""
    plain = heard(receipt_number)
    number = f"{plain[:2]}-{plain[2:]}"
    mine = (Complaint.provider_id == work.provider_id, Complaint.receipt_number == number)
    return (await work.session.execute(select(Complaint).where(*mine))).scalar_one_or_none()


async def complaint_held(work: UnitOfWork, receipt_number: str, receipt_code: str) -> Complaint:
    """The complaint of whoever holds its receipt; raises a 404 problem unless number and code belong together."""
    complaint = await complaint_by_receipt(work, receipt_number)
    given = code_hash(await provider_vault(work), receipt_code)
    if complaint is None or not hmac.compare_digest(given, complaint.receipt_code_hash):
        raise not_found(NO_RECEIPT)
    return complaint


def code_hash(vault: ProviderVault, receipt_code: str) -> bytes:
    """The keyed hash of a receipt code as it was heard."""
    return vault.keyed_hash(heard(receipt_code), "receipt code")


class Told(NamedTuple):
    """A page of a complaint's journal, with the contact and the record behind each entry, and their words.

    `openings` are those of files, by the file.
    """

    rows: Rows[JournalEntry]
    contacts: dict[UUID, tuple[Contact, str | None]]
    records: dict[UUID, TimelineRecord]
    openings: dict[str, list[Opening]]


async def timeline(work: UnitOfWork, complaint_id: UUID, asked: ListQuery) -> Told:
    """A page of a complaint's journal, oldest first."""
    complaint = await work.find(Complaint, complaint_id)
    rows = await TIMELINE.page(work, asked, complaint_id, subject=complaint_id)
    own, told, copied = await work.read_together((PARTIES, RECORDS, COPIES_OF), id=complaint_id)
    named: list[HandlingRecord | NoticeCopy] = [*told, *copied]
    parties = {party.id: party for party in (*own, *await with_merged(work, complaint_id, own, named))}
    vault, entries = await provider_vault(work), {entry.id for entry in rows.items}
    subjects = subjects_of(complaint, own)
    shown = str if sees_persons(work.actor, subjects) else masked_text
    told_of = without_case if is_subject(work.actor, subjects) else dict
    contacts = {}
    for contact in await contacts_of(work, complaint_id):
        said = _words(vault, contact, parties[contact.party_id])
        if contact.entry_id in entries:
            contacts[contact.entry_id] = (contact, None if said is None else shown(said))
    records = {}
    for one in told:
        if one.entry_id in entries:
            words = opened_words(vault, one, parties[one.party_id or own[0].id])
            copies = [_copy(vault, copy, parties[copy.party_id], shown) for copy in copied if copy.record_id == one.id]
            values = {**vars(one), "words": {name: shown(text) for name, text in words.items()}, "copies": copies}
            values["data"] = told_of(one.data)
            records[one.entry_id] = TimelineRecord.model_validate(values)
    return Told(rows, contacts, records, await _openings(work, rows.items))


async def _openings(work: UnitOfWork, entries: Iterable[JournalEntry]) -> dict[str, list[Opening]]:
    files = [file for entry in entries if (file := _file_of(entry)) is not None]
    openings: dict[str, list[Opening]] = {file: [] for file in files}
    for one in await work.read(OPENINGS, files=[UUID(file) for file in files]) if files else ():
        openings[str(one.subject)].append(Opening.model_validate(one))
    return openings


def _file_of(entry: JournalEntry) -> str | None:
    """The file that was added with an entry."""
    if entry.type != ComplaintAttachmentAdded.TYPE:
        return None
    file: str = entry.data["attachment"]["attachment_id"]
    return file


def entries_out(told: Told) -> list[TimelineEntry]:
    """The entries of a page of the timeline, each with what stands behind it."""
    return [
        TimelineEntry(
            version=entry.version,
            event_id=entry.id,
            type=entry.type,
            at=entry.at,
            actor=entry.actor,
            clause=entry.clause,
            data=entry.data,
            contact=_contact(*told.contacts[entry.id]) if entry.id in told.contacts else None,
            record=told.records.get(entry.id),
            openings=told.openings.get(_file_of(entry) or "", []),
        )
        for entry in told.rows.items
    ]


def _contact(contact: Contact, words: str | None) -> TimelineContact:
    return TimelineContact.model_validate({**vars(contact), "words": words})


def opened_words(vault: ProviderVault, record: HandlingRecord, party: Party) -> dict[str, str]:
    """The words that a step left, by what they are; nothing where the person was erased."""
    key = key_of(vault, party)
    opened = None if key is None else key.open(record.words_sealed, RECORD_WORDS)
    return {} if opened is None else dict(orjson.loads(opened))


def open_complaint(vault: ProviderVault, complaint: Complaint, parties: Sequence[Party], reader: Who) -> Opened:
    """Decrypts what a complaint holds of persons; what was erased is None."""
    keys = [key_of(vault, party) for party in parties]
    title = keys[0].open(complaint.title_sealed, "title") if keys[0] else None
    words = keys[0].open(complaint.words_sealed, "words") if keys[0] else None
    opened = [party_out(key, party) for key, party in zip(keys, parties, strict=True)]
    if sees_persons(reader, subjects_of(complaint, parties)):
        return Opened(opened, title, words, masked=False)
    return Opened([masked_party(party) for party in opened], masked_text(title), masked_text(words), masked=True)


def key_of(vault: ProviderVault, party: Party) -> PersonKey | None:
    """The key of a party; None once it was erased."""
    return None if party.wrapped_key is None else vault.person(party.id, party.wrapped_key)


def party_out(key: PersonKey | None, party: Party) -> PartyOut:
    """A party as it is; without its key what was erased is None."""
    fields = ("name", "telephone", "email", "address")
    opened = {name: key.open(getattr(party, f"{name}_sealed"), name) if key else None for name in fields}
    own = {name: getattr(party, name) for name in ("id", "role", "account_id", "withdrawn_at")}
    return PartyOut(**own, **opened)


def masked_party(party: PartyOut) -> PartyOut:
    """A party as who need not know them reads them."""
    masked = {
        "name": masked_name(party.name),
        "telephone": masked_number(party.telephone),
        "email": masked_email(party.email),
        "address": masked_text(party.address),
    }
    return party.model_copy(update=masked)


def copy_text(vault: ProviderVault, copy: NoticeCopy, party: Party) -> str | None:
    """A copy of a notice in its words; None where the person was erased."""
    key = key_of(vault, party)
    return None if key is None else key.open(copy.text_sealed, COPY_WORDS)


def _copy(vault: ProviderVault, copy: NoticeCopy, party: Party, shown: Callable[[str], str | None]) -> TimelineCopy:
    text = copy_text(vault, copy, party)
    return TimelineCopy(party_id=copy.party_id, message_id=copy.message_id, text=None if text is None else shown(text))


def _words(vault: ProviderVault, contact: Contact, party: Party) -> str | None:
    key = key_of(vault, party)
    return key.open(contact.words_sealed, "contact words") if key else None
