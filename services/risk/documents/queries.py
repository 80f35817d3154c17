"""Reads of documents."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, literal_column, select, text

from chassis.attachments.queries import count_attachments
from chassis.db import UnitOfWork
from chassis.errors import not_found
from chassis.paging import Listing, PageQuery, Rows
from chassis.providers import provider_of
from chassis.rows import Read, by_id
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.rules import SYSTEM, Facts, account_of, day_of
from services.risk.documents.schemas import DocumentQuery
from services.risk.readings.models import Reading

# The states are no values: the partial indexes are chosen by the statements themselves.
_IN_FORCE = text("document_version.state = 'in_force'")
_OF_DOCUMENT = and_(
    DocumentVersion.provider_id == bindparam("provider_id"), DocumentVersion.document_id == bindparam("id")
)
_HOLDS = exists().where(
    DocumentVersion.provider_id == bindparam("provider_id"), DocumentVersion.document_id == Document.id, _IN_FORCE
)
DOCUMENTS = Listing(
    Document,
    filters={"kind": Document.kind, "owner_id": Document.owner_id, "in_force": {True: _HOLDS, False: ~_HOLDS}},
    sorts={"-updated_at": Document.updated_at, "updated_at": Document.updated_at},
    updated_at=Document.updated_at,
)
VERSIONS = Listing(
    DocumentVersion,
    filters={},
    sorts={"number": DocumentVersion.number},
    updated_at=DocumentVersion.updated_at,
    where=(DocumentVersion.document_id == bindparam("document_id"),),
)
IN_FORCE = Read(select(DocumentVersion).where(_OF_DOCUMENT, _IN_FORCE), DocumentVersion)
PREPARED = Read(
    select(DocumentVersion).where(_OF_DOCUMENT, text("document_version.state IN ('draft', 'approved')")),
    DocumentVersion,
)
NEWEST = Read(
    select(DocumentVersion).where(_OF_DOCUMENT).order_by(DocumentVersion.number.desc()).limit(literal_column("1")),
    DocumentVersion,
)
READ_BY = Read(
    select(Reading).where(
        Reading.provider_id == bindparam("provider_id"),
        Reading.document_version_id == bindparam("version_id"),
        Reading.account_id == bindparam("account_id"),
    ),
    Reading,
)
SYSTEMS = Read(
    select(DocumentVersion, Document)
    .join(
        Document,
        and_(Document.provider_id == DocumentVersion.provider_id, Document.id == DocumentVersion.document_id),
    )
    .where(
        DocumentVersion.provider_id == bindparam("provider_id"),
        Document.provider_id == bindparam("provider_id"),
        Document.kind == literal_column(f"'{SYSTEM}'"),
        _IN_FORCE,
    )
    .order_by(Document.code),
    DocumentVersion,
    Document,
)


class Whole(NamedTuple):
    """A document with its newest version, and the one in force, if any."""

    document: Document
    newest: DocumentVersion
    in_force: DocumentVersion | None


async def list_documents(work: UnitOfWork, asked: DocumentQuery) -> Rows[Document]:
    """A page of the provider's documents."""
    return await DOCUMENTS.page(work, asked)


async def list_versions(work: UnitOfWork, document_id: UUID, asked: PageQuery) -> Rows[DocumentVersion]:
    """A page of a document's versions, oldest first; 404 for a document that is not the provider's."""
    await work.find(Document, document_id)
    return await VERSIONS.page(work, asked, document_id, document_id=document_id)


async def whole(work: UnitOfWork, document_id: UUID) -> Whole:
    """A document with its newest version and the one in force; raises a 404 problem where there is none."""
    documents, newest, in_force = await work.read_together((by_id(Document), NEWEST, IN_FORCE), id=document_id)
    if not documents:
        raise not_found()
    return Whole(documents[0], newest[0], in_force[0] if in_force else None)


async def in_force(work: UnitOfWork, document_id: UUID) -> DocumentVersion | None:
    """The version of a document that is in force."""
    found = await work.read(IN_FORCE, id=document_id)
    return found[0] if found else None


async def newest_number(work: UnitOfWork, document_id: UUID) -> int:
    """The number of a document's newest version."""
    (newest,) = await work.read(NEWEST, id=document_id)
    return newest.number


async def facts_of(work: UnitOfWork, version: DocumentVersion, document: Document) -> Facts:
    """What the guards know of a version beside its row."""
    account = account_of(work.actor)
    read = () if account is None else await work.read(READ_BY, version_id=version.id, account_id=account)
    return Facts(
        zone=await zone_of(work),
        owner_id=document.owner_id,
        files=await count_attachments(work, version.id),
        prepared=bool(await work.read(PREPARED, id=version.document_id)),
        confirmed=bool(read),
    )


async def zone_of(work: UnitOfWork) -> str:
    """The name of the provider's time zone, where its days begin."""
    return (await provider_of(work)).time_zone


async def today_of(work: UnitOfWork) -> date:
    """The provider's day."""
    return day_of(work.now, await zone_of(work))


async def systems_in_force(work: UnitOfWork) -> Sequence[tuple[DocumentVersion, Document]]:
    """Every system (制度) in force, by code; a provider has a few dozen."""
    return await work.read(SYSTEMS)


def shared(version: DocumentVersion, document: Document) -> dict[str, Any]:
    """The whole shared state of a version, as every event of it carries it."""
    names = (
        "document_id", "number", "state", "serves", "binds", "sha256", "approved_at", "in_force_from", "in_force_to",
        "next_review_on",
    )  # fmt: skip
    mine = {name: getattr(version, name) for name in names}
    return {"document_version_id": version.id, "code": document.code, "kind": document.kind, **mine}


def task_parameters(version: DocumentVersion, document: Document) -> dict[str, Any]:
    """What the titles of a version's tasks tell of it."""
    return {"code": document.code, "number": version.number}
