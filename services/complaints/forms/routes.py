"""Forms to print over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from services.complaints.forms import queries

router = APIRouter(prefix="/v1", tags=["forms"], route_class=IdempotentRoute)
Reading = Annotated[UnitOfWork, permitted("complaints.complaint.read")]


@router.get("/complaints/{complaint_id}/registration-form", response_class=HTMLResponse)
async def read_registration_form(complaint_id: UUID, work: Reading, language: Language) -> HTMLResponse:
    """The registration form of a complaint, with room for signature and seal (投诉登记表)."""
    return await queries.complaint_form(work, complaint_id, "registration_form", language)


@router.get("/complaints/{complaint_id}/follow-up-form", response_class=HTMLResponse)
async def read_follow_up_form(complaint_id: UUID, work: Reading, language: Language) -> HTMLResponse:
    """The form of a complaint's follow-up, with room for signature and seal (回访记录表)."""
    return await queries.complaint_form(work, complaint_id, "follow_up_form", language)


@router.get("/registers/{register_id}/form", response_class=HTMLResponse)
async def read_register_form(
    register_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.register.read")],
    language: Language,
    part: Annotated[int, Query(ge=1, le=10_000, description="Each has a thousand rows.")] = 1,
) -> HTMLResponse:
    """A yearly register, with room for signature and seal (年度投诉台账)."""
    return await queries.register_form(work, register_id, part, language)


@router.get("/reviews/{review_id}/form", response_class=HTMLResponse)
async def read_review_form(
    review_id: UUID, work: Annotated[UnitOfWork, permitted("complaints.review.read")], language: Language
) -> HTMLResponse:
    """The review of a year, with room for signature and seal (年度投诉评审)."""
    return await queries.review_form(work, review_id, language)
