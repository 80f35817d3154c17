"""Reads of what stands on paper."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.responses import HTMLResponse
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from chassis.db import UnitOfWork
from chassis.pages.rendering import Reader, page
from chassis.providers import provider_of, zone_of
from chassis.rows import Read
from contracts.base import Text
from services.complaints.channels.queries import BY_CODES
from services.complaints.complaints.models import Complaint
from services.complaints.dossiers.queries import dossier_of, staff_named
from services.complaints.dossiers.schemas import DossierOut, NamedStaffOut
from services.complaints.forms.rules import COMPLAINTS, CUSTOMERS, SHORT, UNITS, person, titles_of
from services.complaints.policies import queries as policies
from services.complaints.registers.models import Register
from services.complaints.registers.queries import rows_between
from services.complaints.reviews.models import Review
from services.complaints.reviews.rules import is_overdue
from services.complaints.staff import queries as staff
from services.complaints.staff.rules import account_of, ids_in

PAGES = Path(__file__).parents[1] / "pages"
PART = 1_000
"""Rows of a register on one sheet to print."""
FOLLOWING_UP = frozenset({"record_follow_up", "notify_follow_up"})
"""The steps that a follow-up form shows."""
ANSWERS = {"propose": "answer", "resolve_at_once": "words"}
"""The steps that answer the complainant, with what their answer is called among their words."""
NUMBERED = Read(
    select(Complaint).where(
        Complaint.provider_id == bindparam("provider_id"), Complaint.id == any_(bindparam("ids", type_=ARRAY(Uuid())))
    ),
    Complaint,
    without=("words_sealed", "title_sealed"),
)


async def dossier_page(work: UnitOfWork, dossier: DossierOut, language: str) -> HTMLResponse:
    """A dossier to read and print."""
    return await _page(work, "dossier", language, await _titles_in(work, dossier), dossier=dossier)


async def complaint_form(work: UnitOfWork, complaint_id: UUID, name: str, language: str) -> HTMLResponse:
    """A form of one complaint, filled in as far as it has come; raises a 404 problem where there is none."""
    dossier = await dossier_of(work, complaint_id, language)
    titles = await _titles_in(work, dossier)
    return await _page(work, name, language, titles, dossier=dossier, **_written(dossier))


async def register_form(work: UnitOfWork, register_id: UUID, part: int, language: str) -> HTMLResponse:
    """A part of a yearly register to print and sign; raises a 404 problem where there is no such register."""
    register = await work.find(Register, register_id)
    rows = await rows_between(work, register_id, (part - 1) * PART + 1, part * PART)
    parts = max(1, -(-(register.complaints + register.supplements) // PART))
    named = {account_of(register.signed_by), *(row.handler_id for row in rows)}
    people = await staff_named(work, {account for account in named if account is not None})
    titles = await _titles(work, people, [register.signed_by], {row.channel for row in rows})
    titles |= await _causes(work, (row.cause for row in rows))
    return await _page(work, "register", language, titles, register=register, rows=rows, part=part, parts=parts)


async def review_form(work: UnitOfWork, review_id: UUID, language: str) -> HTMLResponse:
    """The review of a year to print and sign; raises a 404 problem where there is no such review."""
    review = await work.find(Review, review_id)
    actors = [name for name in (review.begun_by, review.concluded_by) if name is not None]
    named = {account for name in actors if (account := account_of(name)) is not None}
    channels = set() if review.figures is None else {one["code"] for one in review.figures["channels"]}
    titles = await _titles(work, await staff_named(work, named), actors, channels)
    titles |= await _causes(work, {} if review.figures is None else review.figures["by_cause"])
    overdue = is_overdue(review.state, review.due_at, work.now)
    return await _page(work, "review", language, titles, review=review, overdue=overdue)


async def _page(work: UnitOfWork, name: str, language: str, titles: Mapping[str, Text], **values: Any) -> HTMLResponse:
    provider = (await provider_of(work)).name
    return page(PAGES, name, Reader(language, await zone_of(work), titles), work.now, provider=provider, **values)


async def _titles_in(work: UnitOfWork, dossier: DossierOut) -> dict[str, Text]:
    """What is called by its name in a dossier: codes, people, machines, its channel, causes, files, units, complaints,
    cases at authorities.
    """
    files = {str(one.id): one.name or one.media_type for one in dossier.attachments}
    openings = [one.actor for entry in dossier.entries for one in entry.openings]
    cases = [one.registered_by for one in dossier.external_cases]
    actors = [dossier.complaint.registered_by, *(entry.actor for entry in dossier.entries), *openings, *cases]
    titles = await _titles(work, dossier.staff, actors, {dossier.complaint.channel})
    records = [entry.record.data for entry in dossier.entries if entry.record is not None]
    causes = await _causes(work, (dossier.complaint.cause, *(data.get("cause") for data in records)))
    titles |= causes | {file: Text(name, name) for file, name in files.items()}
    return titles | _cases(dossier, titles) | await _numbers(work, dossier, records)


def _cases(dossier: DossierOut, titles: Mapping[str, Text]) -> dict[str, Text]:
    """Cases at authorities, by where they are and the number that they have there."""
    bodies = {str(one.id): (titles[f"body.{one.body}"], one.reference) for one in dossier.external_cases}
    return {case: Text(*(f"{one} {reference}" for one in body)) for case, (body, reference) in bodies.items()}


async def _numbers(work: UnitOfWork, dossier: DossierOut, records: Sequence[Mapping[str, Any]]) -> dict[str, Text]:
    """Units by their code, complaints by their receipt number, else as customers by the end of their id."""
    complaint = dossier.complaint
    units, complaints, customers = (set(ids_in(records, names)) for names in (UNITS, COMPLAINTS, CUSTOMERS))
    complaints |= {one for one in (complaint.follows, complaint.merged_into, *dossier.followed_by) if one is not None}
    known = {one: str(one)[-SHORT:] for one in units | complaints | customers}
    known |= {one.id: one.code for one in await work.read(staff.UNITS, ids=sorted(units))}
    known |= {one.id: one.receipt_number for one in await work.read(NUMBERED, ids=sorted(complaints))}
    return {str(one): Text(called, called) for one, called in known.items()}


async def _titles(
    work: UnitOfWork, people: Iterable[NamedStaffOut], actors: Iterable[str], channels: Collection[str]
) -> dict[str, Text]:
    named = {one.account_id: person(one.account_id, one.staff_number, one.post) for one in people}
    known = await work.read(BY_CODES, codes=sorted(channels))
    return titles_of(named, actors) | {f"channel.{one.code}": Text(one.name, one.name) for one in known}


async def _causes(work: UnitOfWork, codes: Iterable[str | None]) -> dict[str, Text]:
    """The titles of causes, each with its code."""
    known = await policies.titles_of(work, {code for code in codes if code is not None})
    return {f"cause.{code}": Text(*(f"{title} ({code})" for title in one)) for code, one in known.items()}


def _written(dossier: DossierOut) -> dict[str, Any]:
    """What forms show of the steps: the first contact, words of assessment and answer, all tries of a follow-up."""
    noted = [(entry, entry.record) for entry in dossier.entries if entry.record is not None]
    contacts = (entry.contact for entry in dossier.entries if entry.contact is not None)
    words = {record.step: record.words for _, record in noted}
    last = [record for _, record in reversed(noted) if record.step in ANSWERS]
    answers = (record.words.get(ANSWERS[record.step], "") for record in last)
    return {
        "contact": next(contacts, None),
        "acceptance": words.get("assess", {}).get("words", ""),
        "answer": next(answers, ""),
        "attempts": [(entry, record) for entry, record in noted if record.step in FOLLOWING_UP],
    }
