"""Reads of what stands on paper."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.responses import HTMLResponse

from chassis.db import UnitOfWork
from chassis.pages.rendering import Reader, page
from chassis.providers import provider_of, zone_of
from contracts.base import Text
from services.complaints.channels.queries import BY_CODES
from services.complaints.dossiers.queries import dossier_of, staff_named
from services.complaints.dossiers.schemas import DossierOut, NamedStaffOut
from services.complaints.forms.rules import person, titles_of
from services.complaints.policies import queries as policies
from services.complaints.registers.models import Register
from services.complaints.registers.queries import rows_between
from services.complaints.reviews.models import Review
from services.complaints.reviews.rules import is_overdue
from services.complaints.staff.rules import account_of

PAGES = Path(__file__).parents[1] / "pages"
PART = 1_000
"""Rows of a register on one sheet to print."""
FOLLOWING_UP = frozenset({"record_follow_up", "notify_follow_up"})
"""The steps that a follow-up form shows."""


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
    """What is called by its name in a dossier: codes, people, machines, its channel, causes, files of evidence."""
    files = {str(one.id): one.name or one.media_type for one in dossier.attachments}
    openings = [one.actor for entry in dossier.entries for one in entry.openings]
    actors = [dossier.complaint.registered_by, *(entry.actor for entry in dossier.entries), *openings]
    titles = await _titles(work, dossier.staff, actors, {dossier.complaint.channel})
    records = (entry.record.data for entry in dossier.entries if entry.record is not None)
    causes = await _causes(work, (dossier.complaint.cause, *(data.get("cause") for data in records)))
    return titles | causes | {file: Text(name, name) for file, name in files.items()}


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
    return {
        "contact": next(contacts, None),
        "acceptance": words.get("assess", {}).get("words", ""),
        "answer": words.get("propose", {}).get("answer", ""),
        "attempts": [(entry, record) for entry, record in noted if record.step in FOLLOWING_UP],
    }
