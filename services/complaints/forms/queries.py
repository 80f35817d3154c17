"""Reads of what stands on paper."""

from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.responses import HTMLResponse

from chassis.db import UnitOfWork
from chassis.pages.rendering import page
from chassis.providers import provider_of, zone_of
from services.complaints.dossiers.queries import dossier_of
from services.complaints.dossiers.schemas import DossierOut
from services.complaints.forms.rules import TITLES
from services.complaints.policies.queries import titles_of
from services.complaints.registers.models import Register
from services.complaints.registers.queries import rows_between

PAGES = Path(__file__).parents[1] / "pages"
PART = 1_000
"""Rows of a register on one sheet to print."""
FOLLOWING_UP = frozenset({"record_follow_up", "notify_follow_up"})
"""The steps that a follow-up form shows."""


async def dossier_page(work: UnitOfWork, dossier: DossierOut, language: str) -> HTMLResponse:
    """A dossier to read and print."""
    return await _page(work, "dossier", language, _causes_in(dossier), dossier=dossier)


async def complaint_form(work: UnitOfWork, complaint_id: UUID, name: str, language: str) -> HTMLResponse:
    """A form of one complaint, filled in as far as it has come; raises a 404 problem where there is none."""
    dossier = await dossier_of(work, complaint_id, language)
    return await _page(work, name, language, _causes_in(dossier), dossier=dossier, **_written(dossier))


async def register_form(work: UnitOfWork, register_id: UUID, part: int, language: str) -> HTMLResponse:
    """A part of a yearly register to print and sign; raises a 404 problem where there is no such register."""
    register = await work.find(Register, register_id)
    rows = await rows_between(work, register_id, (part - 1) * PART + 1, part * PART)
    parts = max(1, -(-(register.complaints + register.supplements) // PART))
    causes = {row.cause for row in rows if row.cause is not None}
    return await _page(work, "register", language, causes, register=register, rows=rows, part=part, parts=parts)


async def _page(work: UnitOfWork, name: str, language: str, causes: Collection[str], **values: Any) -> HTMLResponse:
    """A page that names these causes, whose titles are under `cause.` and their codes."""
    provider, known = (await provider_of(work)).name, await titles_of(work, causes)
    titles = {**TITLES, **{f"cause.{code}": title for code, title in known.items()}}
    return page(PAGES, name, language, await zone_of(work), titles, provider=provider, made_at=work.now, **values)


def _causes_in(dossier: DossierOut) -> set[str]:
    records = (entry.record.data for entry in dossier.entries if entry.record is not None)
    named = [dossier.complaint.cause, *(data.get("cause") for data in records)]
    return {cause for cause in named if cause is not None}


def _written(dossier: DossierOut) -> dict[str, Any]:
    """What forms show of the steps: words of the assessment and of the answer, and all tries of a follow-up."""
    noted = [(entry, entry.record) for entry in dossier.entries if entry.record is not None]
    words = {record.step: record.words for _, record in noted}
    return {
        "acceptance": words.get("assess", {}).get("words", ""),
        "answer": words.get("propose", {}).get("answer", ""),
        "attempts": [(entry, record) for entry, record in noted if record.step in FOLLOWING_UP],
    }
