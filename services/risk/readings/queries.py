"""Reads of readings."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Text, bindparam, exists, literal_column, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, PageQuery, Rows
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.rules import account_of
from services.risk.readings.models import Reading

READINGS = Listing(
    Reading,
    filters={},
    sorts={"confirmed_at": Reading.confirmed_at},
    updated_at=Reading.updated_at,
    where=(Reading.document_version_id == bindparam("document_version_id"),),
)
_CONFIRMED = exists().where(
    Reading.provider_id == bindparam("provider_id"),
    Reading.document_version_id == DocumentVersion.id,
    Reading.account_id == bindparam("account_id"),
)
TO_READ = Listing(
    DocumentVersion,
    filters={},
    sorts={"in_force_from": DocumentVersion.in_force_from},
    updated_at=DocumentVersion.updated_at,
    where=(
        # No value, so that its partial index is chosen.
        literal_column("document_version.state IN ('approved', 'in_force')", Boolean()),
        DocumentVersion.binds.bool_op("&&")(bindparam("roles", type_=ARRAY(Text()))),
        ~_CONFIRMED,
    ),
)


class ToRead(NamedTuple):
    """A page of versions to be read, and their documents by id."""

    versions: Rows[DocumentVersion]
    documents: dict[UUID, Document]


async def list_readings(work: UnitOfWork, version_id: UUID, asked: PageQuery) -> Rows[Reading]:
    """A page of the confirmations of a version, oldest first; 404 for a version that is not the provider's."""
    await work.find(DocumentVersion, version_id)
    return await READINGS.page(work, asked, version_id, document_version_id=version_id)


async def to_read(work: UnitOfWork, asked: PageQuery) -> ToRead:
    """A page of what binds the caller's roles and the caller has not confirmed having read."""
    roles, account = sorted(work.actor.roles), account_of(work.actor)
    rows = await TO_READ.page(work, asked, account, roles=roles, account_id=account)
    ids = {version.document_id for version in rows.items}
    query = select(Document).where(Document.provider_id == work.provider_id, Document.id.in_(ids))
    found = (await work.session.execute(query)).scalars().all()
    return ToRead(rows, {document.id: document for document in found})
