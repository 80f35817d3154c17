"""The attachments of one type of record over HTTP; a slice has them by `attachment_routes`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response, UploadFile
from starlette.types import Receive, Scope, Send

from chassis.access import NO_PROVIDER, authenticate, need, open_to_all, permitted
from chassis.attachments import actions, queries
from chassis.attachments.actions import Attachable, R
from chassis.attachments.jobs import object_name
from chassis.attachments.links import new_link
from chassis.attachments.models import Attachment
from chassis.attachments.schemas import AttachmentOut, AttachmentQuery, LinkOut
from chassis.attachments.store import FileStore
from chassis.attachments.uploads import Admit, SentFile, Upload, uploading
from chassis.db import UnitOfWork
from chassis.errors import FORBIDDEN, Problem
from chassis.idempotency import IdempotentRoute
from chassis.paging import Page
from chassis.runtime import runtime_of
from chassis.schemas import Moment
from chassis.sealing import unseal

EffectiveAt = Annotated[
    Moment | None, Form(description="When what the file shows was so; not its sending, which is kept beside it.")
]
AttachmentId = Annotated[UUID, Path()]
Token = Annotated[str, Path(max_length=400, description="The last part of a link.")]
DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The content, for the disk: no browser shows it in place.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Download(Response):
    """A file's content, fetched and opened when its opening was committed; never to be shown in place."""

    def __init__(self, files: FileStore, sealed_at: str, key: bytes, file_id: UUID, name: str, media_type: str) -> None:
        """`sealed_at` is the object's name, `key` opens it."""
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        }
        super().__init__(headers=headers, media_type=media_type)
        self._files, self._sealed_at, self._key, self._file_id = files, sealed_at, key, file_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it; raises a problem while nothing was sent."""
        sealed = await self._files.get(self._sealed_at)
        self.body = await asyncio.to_thread(unseal, self._key, sealed, self._file_id.bytes)
        self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def attachment_routes(to: Attachable[R], *, add: str, read: str) -> APIRouter:
    """The routes of the attachments of one type of record; `add` and `read` are the permissions they need."""
    router = APIRouter(prefix="/v1", tags=[to.collection], route_class=IdempotentRoute)
    _adding(router, to, add)
    _reading(router, to, read)
    _downloading(router, to, read)
    return router


@asynccontextmanager
async def uploading_by(request: Request, permission: str, file: UploadFile, admit: Admit) -> AsyncIterator[Upload]:
    """A file that whoever calls has sent, as `uploading` has it; raises 401 and 403 before it is looked into."""
    caller = authenticate(request)
    need(caller, permission)
    if caller.provider_id is None:
        raise Problem(FORBIDDEN, NO_PROVIDER)
    provider = await runtime_of(request).providers.get(str(caller.provider_id))
    async with uploading(runtime_of(request), provider.provider_id, caller, file, admit) as upload:
        yield upload


def record_id_of(noun: str) -> Any:
    """The parameter of the address that says whose attachments they are."""
    return Path(alias=f"{noun}_id")


def _adding(router: APIRouter, to: Attachable[R], permission: str) -> None:
    async def received(
        request: Request, record_id: Annotated[UUID, record_id_of(to.noun)], file: SentFile
    ) -> AsyncIterator[Upload]:
        async def admit(work: UnitOfWork) -> None:
            await work.find(to.kind, record_id)

        async with uploading_by(request, permission, file, admit) as upload:
            yield upload

    async def add_attachment(
        record_id: Annotated[UUID, record_id_of(to.noun)],
        purpose: Annotated[str, Form(max_length=64, json_schema_extra={"enum": list(to.purposes)})],
        upload: Annotated[Upload, Depends(received, scope="function")],
        work: Annotated[UnitOfWork, permitted(permission)],
        response: Response,
        effective_at: EffectiveAt = None,
    ) -> AttachmentOut:
        """Adds a file; its hash is journalled with the record. Nothing of it is left when it is refused."""
        record = await work.load(to.kind, record_id)
        attachment = await actions.attach(work, to, record, upload, purpose=purpose, effective_at=effective_at)
        response.headers["Location"] = f"/v1/{to.collection}/{record_id}/attachments/{attachment.id}"
        (whole,) = await queries.attachments_out(work, [attachment])
        return whole

    name = f"add_{to.noun}_attachment"
    router.add_api_route(_path(to), add_attachment, name=name, methods=["POST"], status_code=201, operation_id=name)


def _reading(router: APIRouter, to: Attachable[R], permission: str) -> None:
    async def list_attachments(
        record_id: Annotated[UUID, record_id_of(to.noun)],
        asked: Annotated[AttachmentQuery, Query()],
        work: Annotated[UnitOfWork, permitted(permission)],
    ) -> Page[AttachmentOut]:
        """The files of a record, the youngest first."""
        await work.find(to.kind, record_id)
        await to.admit(work, record_id)
        rows = await queries.attachments_of(work, record_id, asked)
        return Page(items=await queries.attachments_out(work, rows.items), next=rows.next, as_of=rows.as_of)

    async def read_attachment(
        record_id: Annotated[UUID, record_id_of(to.noun)],
        attachment_id: AttachmentId,
        work: Annotated[UnitOfWork, permitted(permission)],
    ) -> AttachmentOut:
        """One file of a record, without its content."""
        attachment = await queries.attachment_of(work, to.noun, record_id, attachment_id)
        await to.admit(work, record_id)
        (whole,) = await queries.attachments_out(work, [attachment])
        return whole

    router.add_api_route(_path(to), list_attachments, name=f"list_{to.noun}_attachments")
    router.add_api_route(f"{_path(to)}/{{attachment_id}}", read_attachment, name=f"read_{to.noun}_attachment")


def _downloading(router: APIRouter, to: Attachable[R], permission: str) -> None:
    async def link_attachment(
        record_id: Annotated[UUID, record_id_of(to.noun)],
        attachment_id: AttachmentId,
        work: Annotated[UnitOfWork, permitted(permission, at_any_life=True)],
    ) -> LinkOut:
        """A link that downloads the file for five minutes, for whoever holds it; each download is journalled."""
        attachment = await queries.attachment_of(work, to.noun, record_id, attachment_id)
        await to.admit(work, record_id)
        token, expires_at = new_link(work, to.noun, attachment.id)
        url = f"/v1/public/{work.provider_id}/{to.collection}/files/{token}"
        return LinkOut(url=url, expires_at=expires_at)

    async def download_attachment(
        request: Request, token: Token, work: Annotated[UnitOfWork, open_to_all()]
    ) -> Response:
        """The content of a file, by a link that holds; journalled in the name of whoever asked for the link."""
        attachment = await actions.open_attachment(work, to, token)
        return await _download(work, runtime_of(request).files, attachment)

    link, files = f"{_path(to)}/{{attachment_id}}/link", f"/public/{{provider}}/{to.collection}/files/{{token}}"
    router.add_api_route(link, link_attachment, name=f"link_{to.noun}_attachment", methods=["POST"])
    name = f"download_{to.noun}_attachment"
    router.add_api_route(files, download_attachment, name=name, response_class=Response, responses=DOWNLOAD)


async def _download(work: UnitOfWork, files: FileStore, attachment: Attachment) -> Download:
    file, key = await queries.file_of(work, attachment)
    name = queries.name_of(attachment, {file.id: key}) or ""
    sealed_at = object_name(work.provider_id, file.address.hex(), file.id)
    return Download(files, sealed_at, key.key, file.id, name, attachment.media_type)


def _path(to: Attachable[R]) -> str:
    return f"/{to.collection}/{{{to.noun}_id}}/attachments"
