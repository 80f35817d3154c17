"""Idempotency-Key: a request repeated with its key has one effect and gets the first answer again."""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

import asyncpg
import orjson
from fastapi import Request, Response
from starlette.datastructures import UploadFile

from chassis import errors
from chassis.actors import PUBLIC
from chassis.db import UnitOfWork
from chassis.exports import ListRoute
from chassis.sealing import seal, unseal
from chassis.tables import Idempotency
from chassis.transactions import Handler
from contracts.base import Text

HEADER, KEPT, LONGEST = "Idempotency-Key", timedelta(hours=24), 255
PIECE_BYTES = 1_000_000
KEPT_HEADERS = ("content-type", "location", "etag")
LENGTH = Text("The Idempotency-Key has 1 to 255 characters.", "Idempotency-Key 须为 1 至 255 个字符。")
NOT_UUID = Text("On public addresses the Idempotency-Key is a UUID.", "公开地址的 Idempotency-Key 必须是 UUID。")
# A key that has outlived its day is taken as if it were new.
CLAIM = """
INSERT INTO idempotency AS kept (key_hash, request_hash, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (key_hash) DO UPDATE SET request_hash = $2, expires_at = $3, answer = NULL WHERE kept.expires_at < $4
RETURNING true
"""


class Replay(Exception):
    """The request had its effect before; `response` is the answer it got."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Claim:
    """One request's claim on its key, within the transaction of its effect."""

    def __init__(self, key: str, whole: bytes) -> None:
        if not 1 <= len(key) <= LONGEST:
            raise errors.invalid(HEADER, "length", LENGTH)
        self._key, self._whole = key, whole
        self._taken: tuple[Idempotency, bytes] | None = None

    async def take(self, work: UnitOfWork, provider_id: UUID | None = None) -> None:
        """Claims the key before the effect; raises Replay, or a 409 or 422 problem, when it was used.

        A key counts within the provider of the work, unless another id is given: a provider that is being registered
        has a new id with every try.
        """
        if work.actor is PUBLIC:
            _must_be_uuid(self._key)
        name = f"{provider_id or work.provider_id}\0{work.actor.name}\0{self._key}".encode()
        key_hash, answer_keys = hashlib.sha256(name).digest(), work.vault.answer_keys(name)
        row = Idempotency(key_hash=key_hash, request_hash=self._hashed(answer_keys[0]), expires_at=work.now + KEPT)
        if not await _inserted(work, row):
            raise await self._replay(work, key_hash, answer_keys)
        work.stands(row)
        self._taken = (row, answer_keys[0])

    def keep(self, response: Response) -> None:
        """Keeps the answer of a claimed request, sealed by its key, in the same transaction."""
        if self._taken is None or not 200 <= response.status_code < 300:
            return
        row, answer_key = self._taken
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        content = orjson.dumps([response.status_code, headers, bytes(response.body).decode()])
        row.answer = seal(answer_key, content, row.key_hash)

    async def _replay(self, work: UnitOfWork, key_hash: bytes, answer_keys: list[bytes]) -> Exception:
        kept = await work.session.get(Idempotency, key_hash)
        if kept is None or kept.answer is None:
            return errors.Problem(errors.IN_PROGRESS, headers={"Retry-After": "1"})
        for answer_key in answer_keys:
            if kept.request_hash == self._hashed(answer_key):
                status, headers, body = orjson.loads(unseal(answer_key, kept.answer, key_hash))
                return Replay(Response(body, status, {**headers, "Idempotency-Replayed": "true"}))
        return errors.Problem(errors.KEY_REUSED)

    def _hashed(self, answer_key: bytes) -> bytes:
        return hmac.digest(answer_key, self._whole, "sha256")


async def _inserted(work: UnitOfWork, row: Idempotency) -> bool:
    values = (row.key_hash, row.request_hash, row.expires_at, work.now)
    try:
        return await (await work.begun()).fetchval(CLAIM, *values) is not None
    except asyncpg.LockNotAvailableError as error:
        raise errors.Problem(errors.IN_PROGRESS, headers={"Retry-After": "1"}) from error


async def _content(request: Request) -> bytes:
    """What tells a request from another: its body, or of a form its fields, and names and hashes of its files.

    A form that is sent again has another boundary, and its files do not lie in memory.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await request.body()
    parts = [[name, *await _told(part)] for name, part in (await request.form()).multi_items()]
    return orjson.dumps(parts)


async def _told(part: UploadFile | str) -> tuple[str, str | None]:
    if isinstance(part, str):
        return part, None
    digest = hashlib.sha256()
    while piece := await part.read(PIECE_BYTES):
        digest.update(piece)
    await part.seek(0)
    return digest.hexdigest(), part.filename


def _must_be_uuid(key: str) -> None:
    try:
        UUID(key)
    except ValueError:
        raise errors.invalid(HEADER, "uuid_expected", NOT_UUID) from None


class IdempotentRoute(ListRoute):
    """A route whose POSTs honour Idempotency-Key.

    Its lists are exported as those of any ListRoute.
    """

    def get_route_handler(self) -> Handler:
        """The handler, wrapped for POST."""
        handle = super().get_route_handler()
        if self.methods != {"POST"}:
            return handle

        async def handle_once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None:
                return await handle(request)
            asked = f"{request.method} {request.url.path}?{request.url.query}\n{request.headers.get('If-Match')}\n"
            claim = Claim(key, asked.encode() + await _content(request))
            request.state.claim = claim
            try:
                return await handle(request)
            except Replay as replay:
                return replay.response

        return handle_once

    def keep(self, request: Request, response: Response) -> None:
        """The answer, for who asks again with the key."""
        claim: Claim | None = getattr(request.state, "claim", None)
        if claim is not None:
            claim.keep(response)
