"""Dossiers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.exports import JSON, PAGE, preferred
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.pages.rendering import AS_PAGE
from chassis.schemas import tag
from services.complaints.dossiers.queries import dossier_of
from services.complaints.dossiers.schemas import DossierOut
from services.complaints.forms.queries import dossier_page

router = APIRouter(prefix="/v1", tags=["complaints"], route_class=IdempotentRoute)


@router.get("/complaints/{complaint_id}/dossier", response_model=DossierOut, responses=AS_PAGE)
async def read_dossier(
    complaint_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.complaint.read")],
    request: Request,
    response: Response,
    language: Language,
) -> DossierOut | Response:
    """All that is on record of a complaint with its hash, as data, or as a page to print for `text/html` (投诉卷宗)."""
    kind = preferred(request.headers.get("Accept"), (JSON, PAGE))
    dossier = await dossier_of(work, complaint_id, language)
    if kind == PAGE:
        return await dossier_page(work, dossier, language)
    tag(response, dossier.complaint.version)
    return dossier
