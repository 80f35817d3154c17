"""Reads of attachments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select

from chassis.attachments.models import Attachment, File
from chassis.attachments.rules import served_name, type_named
from chassis.attachments.schemas import AttachmentOut, AttachmentQuery, AttachmentReceiptOut
from chassis.db import UnitOfWork
from chassis.errors import not_found
from chassis.paging import Listing, Rows
from chassis.provider_keys import provider_vault
from chassis.sealing import PersonKey

ATTACHMENTS = Listing(
    Attachment,
    filters={},
    sorts={"-received_at": Attachment.received_at, "received_at": Attachment.received_at},
    updated_at=Attachment.updated_at,
    where=(Attachment.record_id == bindparam("record_id"),),
)


async def attachments_of(work: UnitOfWork, record_id: UUID, asked: AttachmentQuery) -> Rows[Attachment]:
    """A page of a record's attachments."""
    return await ATTACHMENTS.page(work, asked, record_id, record_id=record_id)


async def attachment_of(work: UnitOfWork, record_type: str, record_id: UUID, attachment_id: UUID) -> Attachment:
    """One attachment of a record; raises a 404 problem where the record has no such one."""
    attachment = await work.find(Attachment, attachment_id)
    if (attachment.record_type, attachment.record_id) != (record_type, record_id):
        raise not_found()
    return attachment


async def kept_attachment(work: UnitOfWork, record_id: UUID, attachment_id: UUID) -> Attachment | None:
    """One attachment of a record, whose content is not erased; None where the record has no such one."""
    mine = (Attachment.provider_id == work.provider_id, Attachment.record_id == record_id)
    kept = (Attachment.id == attachment_id, Attachment.file_id.is_not(None))
    return (await work.session.execute(select(Attachment).where(*mine, *kept))).scalar_one_or_none()


async def count_attachments(work: UnitOfWork, record_id: UUID, added_by: str | None = None) -> int:
    """How many attachments a record has; those of one who added them, if named."""
    mine = (Attachment.provider_id == work.provider_id, Attachment.record_id == record_id)
    query = select(func.count()).select_from(Attachment).where(*mine)
    if added_by is not None:
        query = query.where(Attachment.added_by == added_by)
    return (await work.session.execute(query)).scalar_one()


async def keys_of(work: UnitOfWork, attachments: Sequence[Attachment]) -> dict[UUID, PersonKey]:
    """The keys of the files of some attachments, by file id."""
    wanted = {one.file_id for one in attachments if one.file_id is not None}
    if not wanted:
        return {}
    query = select(File.id, File.wrapped_key).where(File.provider_id == work.provider_id, File.id.in_(wanted))
    vault = await provider_vault(work)
    return {file_id: vault.person(file_id, wrapped) for file_id, wrapped in await work.session.execute(query)}


async def file_of(work: UnitOfWork, attachment: Attachment) -> tuple[File, PersonKey]:
    """The file of an attachment that was not erased, and its key."""
    query = select(File).where(File.provider_id == work.provider_id, File.id == attachment.file_id)
    file = (await work.session.execute(query)).scalar_one()
    return file, (await provider_vault(work)).person(file.id, file.wrapped_key)


def name_of(attachment: Attachment, keys: dict[UUID, PersonKey]) -> str | None:
    """The name under which an attachment is handed out; None once it was erased."""
    if attachment.file_id is None:
        return None
    name = keys[attachment.file_id].open(attachment.name_sealed, name_field(attachment.id)) or ""
    return served_name(name, type_named(attachment.media_type))


def name_field(attachment_id: UUID) -> str:
    """What an attachment's name is sealed for."""
    return f"name of {attachment_id}"


async def attachments_out(work: UnitOfWork, attachments: Sequence[Attachment]) -> list[AttachmentOut]:
    """Attachments with their names, readable."""
    keys = await keys_of(work, attachments)
    same = (
        "id", "purpose", "media_type", "size", "sha256", "stored_size", "stored_sha256", "effective_at", "received_at",
        "added_by", "erased_at",
    )  # fmt: skip
    return [
        AttachmentOut(
            **{field: getattr(one, field) for field in same}, name=name_of(one, keys), times_opened=one.version
        )
        for one in attachments
    ]


def receipt_out(attachment: Attachment, name: str) -> AttachmentReceiptOut:
    """What the sender of an attachment takes away."""
    return AttachmentReceiptOut(
        id=attachment.id,
        name=served_name(name, type_named(attachment.media_type)),
        media_type=attachment.media_type,
        size=attachment.size,
        sha256=attachment.sha256,
        received_at=attachment.received_at,
    )
