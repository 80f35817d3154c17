"""Readings over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page, PageQuery
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.routes import version_out
from services.risk.documents.schemas import DocumentVersionOut
from services.risk.readings import actions, queries
from services.risk.readings.schemas import ReadingOut, ToReadOut

router = APIRouter(prefix="/v1", tags=["documents"], route_class=IdempotentRoute)


@router.get("/documents/to-read")
async def list_documents_to_read(
    asked: Annotated[PageQuery, Query()], work: Annotated[UnitOfWork, permitted("risk.document.confirm")]
) -> Page[ToReadOut]:
    """What binds the caller in one of their roles and they have not confirmed having read (待阅读)."""
    rows, documents = await queries.to_read(work, asked)
    items = [_to_read(version, documents[version.document_id]) for version in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.post("/document-versions/{document_version_id}/confirm-reading")
async def confirm_reading(
    document_version_id: UUID,
    work: Annotated[UnitOfWork, permitted("risk.document.confirm")],
    response: Response,
    language: Language,
) -> DocumentVersionOut:
    """Confirms that the caller has read a version of a document (阅读确认)."""
    version = await actions.confirm_reading(work, document_version_id)
    return await version_out(work, version, response, language)


@router.get("/document-versions/{document_version_id}/readings")
async def list_readings(
    document_version_id: UUID,
    asked: Annotated[PageQuery, Query()],
    work: Annotated[UnitOfWork, permitted("risk.document.read")],
) -> Page[ReadingOut]:
    """Who has confirmed having read a version, oldest first."""
    rows = await queries.list_readings(work, document_version_id, asked)
    items = [ReadingOut.model_validate(reading) for reading in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


def _to_read(version: DocumentVersion, document: Document) -> ToReadOut:
    same = ("document_id", "number", "state", "summary", "binds", "in_force_from")
    of_document = {name: getattr(document, name) for name in ("code", "kind", "title")}
    of_version = {name: getattr(version, name) for name in same}
    return ToReadOut(document_version_id=version.id, **of_document, **of_version)
