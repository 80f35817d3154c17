"""Documents over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, RequiredIfMatch, permitted
from chassis.attachments.routes import attachment_routes
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page, PageQuery
from chassis.schemas import open_steps_out, tag
from services.risk.documents import actions, queries
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.rules import LIFECYCLE, REQUIRED_SYSTEMS, day_of, is_overdue
from services.risk.documents.schemas import (
    ApproveDocumentIn,
    ChangeDocumentIn,
    ChangeDraftIn,
    CreateDocumentIn,
    DocumentContentOut,
    DocumentItem,
    DocumentOut,
    DocumentQuery,
    DocumentReasonIn,
    DocumentVersionItem,
    DocumentVersionOut,
    RequiredDocumentOut,
    RequiredDocumentsOut,
    ReviewDocumentIn,
    ServingOut,
)

router = APIRouter(prefix="/v1", tags=["documents"], route_class=IdempotentRoute)
attachments = attachment_routes(actions.ATTACHABLE, add="risk.document.draft", read="risk.document.read")


@router.post("/documents", status_code=201)
async def create_document(
    body: CreateDocumentIn, work: Annotated[UnitOfWork, permitted("risk.document.draft")], response: Response
) -> DocumentOut:
    """Enters a document with the draft of its first version (起草制度)."""
    document = await actions.create_document(work, body)
    tag(response, document.version, f"/v1/documents/{document.id}")
    return await _whole(work, document.id)


@router.get("/documents")
async def list_documents(
    asked: Annotated[DocumentQuery, Query()], work: Annotated[UnitOfWork, permitted("risk.document.read")]
) -> Page[DocumentItem]:
    """The provider's documents under control (受控文件)."""
    rows = await queries.list_documents(work, asked)
    items = [DocumentItem.model_validate(document) for document in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/documents/{document_id}")
async def read_document(
    document_id: UUID, work: Annotated[UnitOfWork, permitted("risk.document.read")], response: Response
) -> DocumentOut:
    """A document with the version in force and the newest one."""
    whole = await _whole(work, document_id)
    tag(response, whole.version)
    return whole


@router.patch("/documents/{document_id}")
async def change_document(
    document_id: UUID,
    body: ChangeDocumentIn,
    work: Annotated[UnitOfWork, permitted("risk.document.draft")],
    response: Response,
    expected: RequiredIfMatch,
) -> DocumentOut:
    """Changes a document's title or owner; what it says changes with its versions alone."""
    document = await actions.change_document(work, document_id, body, expected)
    tag(response, document.version)
    await work.flush()
    return await _whole(work, document_id)


@router.get("/documents/{document_id}/versions")
async def list_document_versions(
    document_id: UUID,
    asked: Annotated[PageQuery, Query()],
    work: Annotated[UnitOfWork, permitted("risk.document.read")],
) -> Page[DocumentVersionItem]:
    """All versions of a document, oldest first."""
    rows = await queries.list_versions(work, document_id, asked)
    today = await queries.today_of(work)
    return Page(items=[_item(version, today) for version in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/document-versions/{document_version_id}")
async def read_document_version(
    document_version_id: UUID,
    work: Annotated[UnitOfWork, permitted("risk.document.read")],
    response: Response,
    language: Language,
) -> DocumentVersionOut:
    """A version of a document."""
    version = await work.find(DocumentVersion, document_version_id)
    return await version_out(work, version, response, language)


@router.patch("/document-versions/{document_version_id}")
async def change_document_draft(
    document_version_id: UUID,
    body: ChangeDraftIn,
    work: Annotated[UnitOfWork, permitted("risk.document.draft")],
    response: Response,
    language: Language,
    expected: RequiredIfMatch,
) -> DocumentVersionOut:
    """Changes a draft; whoever does so is one of its authors, and does not approve it."""
    version = await actions.change_draft(work, document_version_id, body, expected)
    return await version_out(work, version, response, language)


@router.post("/document-versions/{document_version_id}/revise", status_code=201)
async def revise_document(
    document_version_id: UUID,
    work: Annotated[UnitOfWork, permitted("risk.document.draft")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DocumentVersionOut:
    """Drafts the next version of a document; the one in force stays in force until then (修订)."""
    draft = await actions.revise(work, document_version_id, expected)
    response.headers["Location"] = f"/v1/document-versions/{draft.id}"
    return await version_out(work, draft, response, language)


@router.post("/document-versions/{document_version_id}/approve")
async def approve_document(
    document_version_id: UUID,
    body: ApproveDocumentIn,
    work: Annotated[UnitOfWork, permitted("risk.document.approve")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DocumentVersionOut:
    """Approves a draft that somebody else wrote, to be in force at once or from a day on (批准)."""
    version = await actions.approve(work, document_version_id, body, expected)
    return await version_out(work, version, response, language)


@router.post("/document-versions/{document_version_id}/withdraw")
async def withdraw_document(
    document_version_id: UUID,
    body: DocumentReasonIn,
    work: Annotated[UnitOfWork, permitted("risk.document.withdraw")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DocumentVersionOut:
    """Withdraws a version that is not in force yet (撤回)."""
    version = await actions.withdraw(work, document_version_id, body, expected)
    return await version_out(work, version, response, language)


@router.post("/document-versions/{document_version_id}/repeal")
async def repeal_document(
    document_version_id: UUID,
    body: DocumentReasonIn,
    work: Annotated[UnitOfWork, permitted("risk.document.repeal")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DocumentVersionOut:
    """Takes a version out of force, with nothing in its place (废止)."""
    version = await actions.repeal(work, document_version_id, body, expected)
    return await version_out(work, version, response, language)


@router.post("/document-versions/{document_version_id}/review")
async def review_document(
    document_version_id: UUID,
    body: ReviewDocumentIn,
    work: Annotated[UnitOfWork, permitted("risk.document.review")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DocumentVersionOut:
    """Keeps a version in force until its next review; by its owner or who may approve (复审)."""
    version = await actions.review(work, document_version_id, body, expected)
    return await version_out(work, version, response, language)


@router.post("/document-versions/{document_version_id}/conclude-reading")
async def conclude_document_reading(
    document_version_id: UUID,
    work: Annotated[UnitOfWork, permitted("risk.document.review")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> DocumentVersionOut:
    """Notes that those whom a version binds have read it; by its owner or who may approve."""
    version = await actions.conclude_reading(work, document_version_id, expected)
    return await version_out(work, version, response, language)


@router.get("/services/risk/required-documents")
async def list_required_documents(
    work: Annotated[UnitOfWork, permitted("risk.document.read")], response: Response, language: Language
) -> RequiredDocumentsOut:
    """The written systems (制度) that the standard requires, and whether each is in force and reviewed in time."""
    response.headers["Content-Language"] = language
    systems, today = await queries.systems_in_force(work), await queries.today_of(work)
    items = []
    for requirement_id, title in REQUIRED_SYSTEMS.items():
        serving = [_serving(one, document, today) for one, document in systems if requirement_id in one.serves]
        items.append(
            RequiredDocumentOut(
                requirement=requirement_id,
                system=title.in_language(language),
                in_force=bool(serving),
                review_overdue=any(one.review_overdue for one in serving),
                documents=serving,
            )
        )
    return RequiredDocumentsOut(items=items)


async def version_out(
    work: UnitOfWork, version: DocumentVersion, response: Response, language: str
) -> DocumentVersionOut:
    """A version as its caller sees it, with its version in `ETag`."""
    tag(response, version.version)
    document = await work.find(Document, version.document_id)
    await work.flush()  # the facts are of the database
    facts = await queries.facts_of(work, version, document)
    steps = LIFECYCLE.open_steps(version, facts, actor=work.actor, now=work.now)
    item = _item(version, day_of(work.now, facts.zone))
    return DocumentVersionOut(**dict(item), open_steps=open_steps_out(steps, language))


async def _whole(work: UnitOfWork, document_id: UUID) -> DocumentOut:
    document, newest, in_force = await queries.whole(work, document_id)
    today = await queries.today_of(work)
    return DocumentOut(
        **DocumentItem.model_validate(document).model_dump(),
        in_force=None if in_force is None else _item(in_force, today),
        newest=_item(newest, today),
    )


def _item(version: DocumentVersion, today: date) -> DocumentVersionItem:
    placed = version.address is not None and version.sha256 is not None
    content = DocumentContentOut(address=version.address, sha256=version.sha256) if placed else None
    overdue = is_overdue(version.state, version.next_review_on, today)
    return DocumentVersionItem.model_validate({**vars(version), "content": content, "review_overdue": overdue})


def _serving(version: DocumentVersion, document: Document, today: date) -> ServingOut:
    return ServingOut(
        document_id=document.id,
        document_version_id=version.id,
        code=document.code,
        title=document.title,
        number=version.number,
        in_force_from=version.in_force_from,
        next_review_on=version.next_review_on,
        review_overdue=is_overdue(version.state, version.next_review_on, today),
    )
