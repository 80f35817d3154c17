"""Taking a file in: received whole, checked, sealed, stored; what no row comes to hold is thrown away again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import File, UploadFile
from starlette.formparsers import MultiPartParser

from chassis.actors import Who
from chassis.attachments import rules
from chassis.attachments.contents import type_of
from chassis.attachments.images import without_metadata
from chassis.attachments.jobs import LOOSE, claim_loose, object_name
from chassis.attachments.rules import Type
from chassis.db import UnitOfWork
from chassis.errors import TOO_LARGE, UNSUPPORTED, Problem, invalid
from chassis.ids import new_id
from chassis.jobs import set_timer
from chassis.logs import log
from chassis.provider_keys import provider_vault
from chassis.runtime import Runtime
from chassis.sealing import PersonKey, ProviderVault, seal
from chassis.trace import present_trace

# What is received stays in memory until it is sealed: beyond 1 MB the library would write it to the disk as it is.
MultiPartParser.spool_max_size = rules.MOST_BYTES + 1

LOOSE_FOR = timedelta(hours=1)
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}

SentFile = Annotated[
    UploadFile,
    File(
        description="At most 10 MB: PDF, JPEG, PNG, WebP, .docx, .xlsx, text or CSV in UTF-8, MP3, WAV, M4A, OGG, AMR. "
        "The type is told by the content; images lose their metadata."
    ),
]
Admit = Callable[[UnitOfWork], Awaitable[None]]
"""Raises a problem unless the one who sends may add to the record."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be kept of a file, with the size and SHA-256 of what was received."""

    type: Type
    size: int
    sha256: str
    kept: bytes
    kept_sha256: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that stands checked and sealed in the store under `file_id`, and loose until an action keeps it."""

    file_id: UUID
    name: str
    type: Type
    size: int
    sha256: str
    stored_size: int
    stored_sha256: str
    address: bytes
    key: PersonKey
    quota_bytes: int


@asynccontextmanager
async def uploading(
    runtime: Runtime, provider_id: UUID, actor: Who, sent: UploadFile, admit: Admit
) -> AsyncIterator[Upload]:
    """A file that was sent, in the store for as long as this lasts; afterwards only if a row holds it.

    Raises 413 for more than 10 MB, 415 for a type that is not taken or that its name belies, 422 for an image that
    cannot be read, 503 when the store is away, and what `admit` raises.
    """
    await sent.seek(0)  # a request that is done again has read it before
    content = await sent.read(rules.MOST_BYTES + 1)
    name = rules.plain_name(sent.filename)
    async with runtime.database.work(provider_id, actor=actor, correlation=present_trace().correlation) as work:
        await admit(work)
        vault = await provider_vault(work)
    async with runtime.files.turns:
        checked = await asyncio.to_thread(check, content, name)
        upload, sealed = await asyncio.to_thread(_sealed, vault, name, checked, runtime.files.quota_bytes)
    async with runtime.database.work(provider_id, actor=actor, correlation=present_trace().correlation) as work:
        set_timer(work, upload.file_id, LOOSE, upload.address.hex(), work.now + LOOSE_FOR)
    await runtime.files.put(object_name(provider_id, upload.address.hex(), upload.file_id), sealed)
    try:
        yield upload
    finally:
        with suppress(Exception):  # what cannot be thrown away now, the timer will
            await _throw_away(runtime, provider_id, actor, upload)


def check(content: bytes, name: str) -> Content:
    """What is to be kept of a file; raises the problems of `uploading`. CPU-bound: not for the event loop."""
    if not content:
        raise invalid("/file", "empty", rules.EMPTY)
    if len(content) > rules.MOST_BYTES:
        raise Problem(TOO_LARGE, rules.TOO_BIG.filled(bytes=rules.MOST_BYTES))
    found = type_of(content)
    if rules.is_misnamed(name, found):
        endings = " ".join(dict.fromkeys(found.endings))
        said = rules.MISNAMED.filled(ending=rules.ending_of(name), media_type=found.media_type, endings=endings)
        raise Problem(UNSUPPORTED, said)
    format_ = FORMATS.get(found.media_type)
    kept = content if format_ is None else without_metadata(content, format_)
    if len(kept) > rules.MOST_KEPT_BYTES:
        raise Problem(TOO_LARGE, rules.TOO_BIG.filled(bytes=rules.MOST_KEPT_BYTES))
    return Content(found, len(content), _sha256(content), kept, _sha256(kept))


def _sealed(vault: ProviderVault, name: str, content: Content, quota_bytes: int) -> tuple[Upload, bytes]:
    file_id = new_id()
    key = vault.new_person(file_id)
    upload = Upload(
        file_id=file_id,
        name=name,
        type=content.type,
        size=content.size,
        sha256=content.sha256,
        stored_size=len(content.kept),
        stored_sha256=content.kept_sha256,
        address=vault.keyed_hash(content.kept_sha256, "file"),
        key=key,
        quota_bytes=quota_bytes,
    )
    return upload, seal(key.key, content.kept, file_id.bytes)


async def _throw_away(runtime: Runtime, provider_id: UUID, actor: Who, upload: Upload) -> None:
    """Removes the object unless the row that holds it was committed: then the claim on it is gone.

    While a commit is under way the claim is locked, so that nothing is removed whose fate is open.
    """
    address = upload.address.hex()
    async with runtime.database.work(provider_id, actor=actor, correlation=present_trace().correlation) as work:
        if await claim_loose(work, upload.file_id):
            await runtime.files.remove(object_name(provider_id, address, upload.file_id))
            log.debug("a file was thrown away")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
