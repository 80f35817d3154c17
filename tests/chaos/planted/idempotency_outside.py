"""The bug: an Idempotency-Key is noted after the effect is committed, in a transaction of its own."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.idempotency import KEPT, KEPT_HEADERS, Claim
from chassis.sealing import seal
from chassis.tables import Idempotency

NOTING_SECONDS = 0.1
"""What the second transaction takes on a busy server."""


def plant() -> None:
    """A request that is repeated between the two transactions, or whose process dies there, has its effect twice."""
    commit = UnitOfWork.commit
    noted: dict[UnitOfWork, dict[str, Any]] = {}

    async def look_up(claim: Claim, work: UnitOfWork, provider_id: UUID | None = None) -> None:
        name = f"{provider_id or work.provider_id}\0{work.actor.name}\0{claim._key}".encode()
        key_hash, answer_keys = hashlib.sha256(name).digest(), work.vault.answer_keys(name)
        if await work.session.get(Idempotency, key_hash) is not None:
            raise await claim._replay(work, key_hash, answer_keys)
        claim.noted = (work, key_hash, answer_keys[0])  # type: ignore[attr-defined]

    def remember(claim: Claim, response: Response) -> None:
        if not 200 <= response.status_code < 300:
            return
        work, key_hash, answer_key = claim.noted  # type: ignore[attr-defined]
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        content = orjson.dumps([response.status_code, headers, bytes(response.body).decode()])
        answer, until = seal(answer_key, content, key_hash), work.now + KEPT
        row = {"key_hash": key_hash, "request_hash": claim._hashed(answer_key), "answer": answer, "expires_at": until}
        noted[work] = row

    async def commit_and_note(work: UnitOfWork) -> None:
        await commit(work)
        row = noted.pop(work, None)
        if row is not None:
            await asyncio.sleep(NOTING_SECONDS)
            async with work._connection.engine.begin() as connection:
                await connection.execute(insert(Idempotency).values(row).on_conflict_do_nothing())

    Claim.take = look_up  # type: ignore[assignment, method-assign]
    Claim.keep = remember  # type: ignore[assignment, method-assign]
    UnitOfWork.commit = commit_and_note  # type: ignore[assignment, method-assign]
