"""What is done to attachments."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import errors
from chassis.attachments.jobs import LOOSE, claim_loose
from chassis.attachments.links import read_link
from chassis.attachments.models import Attachment, File, FileUsage
from chassis.attachments.queries import count_attachments, name_field
from chassis.attachments.rules import MOST_ATTACHMENTS
from chassis.attachments.uploads import Upload
from chassis.db import UnitOfWork
from chassis.errors import Objection, Problem, invalid
from chassis.ids import new_id
from chassis.jobs import set_timer
from chassis.provider_keys import provider_vault
from chassis.sealing import PersonKey
from chassis.tables import Record
from contracts.base import Attached, Event, Text

R = TypeVar("R", bound=Record)

UNKNOWN_PURPOSE = Text("The purpose must be one of {purposes}.", "用途须为 {purposes} 之一。")
IN_FUTURE = Text("What a file shows cannot lie in the future.", "文件所反映的时间不得晚于当前时间。")
TOO_MANY = Text("The record has {most} attachments, which is the most.", "该记录已有 {most} 个附件，达到上限。")
QUOTA = Text(
    "The provider's files take up {used} MB of {most} MB here; this one has {size} MB.",
    "该供方的文件在此已占用 {used} MB（上限 {most} MB），本文件为 {size} MB。",
)
ERASED = Text("The content of this attachment was erased.", "该附件的内容已被清除。")


@dataclass(frozen=True, slots=True)
class Attachable(Generic[R]):
    """What a slice says of its records so that they can have attachments.

    They stand below `/v1/<collection>/{<noun>_id}/attachments`; `noun` is also what the rows call their record.
    `purposes` are codes of what files are for. `added` makes the event of a record that gained one, which moves the
    record's version; `opened` that of one that was opened, which is journalled on the attachment itself: who reads
    changes nothing of the record, and is in nobody's way who changes it. `admit` raises a 403 problem for one who may
    not see the files of a record.
    """

    collection: str
    noun: str
    kind: type[R]
    purposes: tuple[str, ...]
    added: Callable[[UnitOfWork, R, Attachment], Awaitable[Event]]
    opened: Callable[[Attachment], Event]
    admit: Callable[[UnitOfWork, UUID], Awaitable[None]]


async def attach(
    work: UnitOfWork,
    to: Attachable[R],
    record: R,
    upload: Upload,
    *,
    purpose: str,
    effective_at: datetime | None = None,
    most: int = MOST_ATTACHMENTS,
    of_actor: bool = False,
) -> Attachment:
    """Gives a locked record a file, and journals its hash there.

    At most `most` attachments, counting those of the actor alone with `of_actor`. Raises 409 beyond that or beyond the
    provider's quota, 422 for an unknown purpose or a time in the future.
    """
    if purpose not in to.purposes:
        said = UNKNOWN_PURPOSE.filled(purposes=", ".join(to.purposes))
        raise invalid("/purpose", "unknown_purpose", said)
    if effective_at is not None and effective_at > work.now:
        raise invalid("/effective_at", "in_future", IN_FUTURE)
    if await count_attachments(work, record.id, work.actor.name if of_actor else None) >= most:
        raise Problem(errors.REFUSED, objections=[Objection("too_many_attachments", TOO_MANY.filled(most=most))])
    file_id, key = await _kept(work, upload)
    attachment_id = new_id()
    attachment = Attachment(
        provider_id=work.provider_id,
        id=attachment_id,
        version=0,
        created_at=work.now,
        updated_at=work.now,
        record_type=to.noun,
        record_id=record.id,
        purpose=purpose,
        file_id=file_id,
        name_sealed=key.seal(upload.name, name_field(attachment_id)),
        media_type=upload.type.media_type,
        size=upload.size,
        sha256=upload.sha256,
        stored_size=upload.stored_size,
        stored_sha256=upload.stored_sha256,
        effective_at=effective_at,
        received_at=work.now,
        added_by=work.actor.name,
        erased_at=None,
    )
    work.add(attachment)
    work.record(record, await to.added(work, record, attachment))
    return attachment


async def open_attachment(work: UnitOfWork, to: Attachable[R], token: str) -> Attachment:
    """The attachment that a link opens, with the opening journalled in the name of the one who asked for the link.

    Raises 404 for a link that does not hold, 409 when the content was erased.
    """
    link = read_link(work, to.noun, token)
    attachment = await work.load(Attachment, link.attachment_id)
    if attachment.file_id is None:
        raise Problem(errors.REFUSED, objections=[Objection("erased", ERASED)])
    work.actor = AskedBefore(link.asked_by)
    work.record(attachment, to.opened(attachment))
    return attachment


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """One who comes by a link that they asked for with a token; they may do what the link lets them."""

    name: str
    roles: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Permissions were asked when the link was made."""
        return False


async def erase_attachments(work: UnitOfWork, record_id: UUID) -> int:
    """Erases the contents and names of a record's attachments, as far as no other record has them; returns how many.

    Hashes, sizes and times stay. The content cannot be opened from here on, wherever copies of it are; the object goes
    by its timer. What the erasure means is its caller's to journal.
    """
    mine = (Attachment.provider_id == work.provider_id, Attachment.record_id == record_id)
    query = select(Attachment).where(*mine, Attachment.file_id.is_not(None)).with_for_update()
    attachments = (await work.session.execute(query.order_by(Attachment.id))).scalars().all()
    files = {one.file_id for one in attachments if one.file_id is not None}
    for one in attachments:
        one.file_id, one.name_sealed, one.erased_at, one.updated_at = None, None, work.now, work.now
    await work.flush()
    await _drop_unheld(work, sorted(files))
    return len(attachments)


async def _kept(work: UnitOfWork, upload: Upload) -> tuple[UUID, PersonKey]:
    """The file that holds an upload's content: the one that does already, or a new one, counted against the quota."""
    values = {
        "provider_id": work.provider_id,
        "id": upload.file_id,
        "address": upload.address,
        "wrapped_key": upload.key.wrapped,
        "size": upload.stored_size,
        "created_at": work.now,
    }
    new = insert(File).values(values).on_conflict_do_nothing(index_elements=["provider_id", "address"])
    if (await work.session.execute(new.returning(File.id))).first() is None:
        mine = (File.provider_id == work.provider_id, File.address == upload.address)
        held = (await work.session.execute(select(File).where(*mine).with_for_update())).scalar_one_or_none()
        if held is None:  # its last attachment was erased between the two statements
            raise Problem(errors.BUSY, headers={"Retry-After": "1"})
        return held.id, (await provider_vault(work)).person(held.id, held.wrapped_key)
    await _count(work, upload)
    if not await claim_loose(work, upload.file_id):  # it took longer than a loose object is kept
        raise errors.unavailable()
    return upload.file_id, upload.key


async def _count(work: UnitOfWork, upload: Upload) -> None:
    size, most = upload.stored_size, upload.quota_bytes
    row = insert(FileUsage).values(provider_id=work.provider_id, used=0).on_conflict_do_nothing()
    await work.session.execute(row)
    mine = FileUsage.provider_id == work.provider_id
    counted = update(FileUsage).where(mine, FileUsage.used + size <= most).values(used=FileUsage.used + size)
    if (await work.session.execute(counted.returning(FileUsage.used))).first() is None:
        used = (await work.session.execute(select(FileUsage.used).where(mine))).scalar_one()
        figures = {name: f"{value / 1e6:.1f}" for name, value in (("used", used), ("most", most), ("size", size))}
        raise Problem(errors.OVER_QUOTA, QUOTA.filled(**figures))


async def _drop_unheld(work: UnitOfWork, files: Iterable[UUID]) -> None:
    """Deletes files that no attachment holds any more, and has their objects removed."""
    for file_id in files:
        this = (File.provider_id == work.provider_id, File.id == file_id)
        file = (await work.session.execute(select(File).where(*this).with_for_update())).scalar_one()
        held = select(Attachment.id).where(Attachment.provider_id == work.provider_id, Attachment.file_id == file_id)
        if (await work.session.execute(held.limit(1))).first() is not None:
            continue
        await work.session.execute(delete(File).where(*this))
        mine = FileUsage.provider_id == work.provider_id
        await work.session.execute(update(FileUsage).where(mine).values(used=FileUsage.used - file.size))
        set_timer(work, file_id, LOOSE, file.address.hex(), work.now)


def attached(attachment: Attachment) -> Attached:
    """What events say of an attachment."""
    return Attached(
        attachment_id=attachment.id,
        **{name: getattr(attachment, name) for name in Attached.model_fields if name != "attachment_id"},
    )
