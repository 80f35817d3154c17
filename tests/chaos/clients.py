"""Clients that carry out their plans through the gateway, whatever happens to it, and note each call."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx

from tests.chaos.history import PASSING, Call
from tests.chaos.plans import Operation, operations
from tests.chaos.stand import Stand

CALL_SECONDS = 20.0
"""What a client waits for an answer: longer than the gateway does, which must answer first."""
TRIES, FIRST_PAUSE, LONGEST_PAUSE = 20, 0.1, 2.0
LEAK = re.compile(r"Traceback|File \"|sqlalchemy|asyncpg|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b")
"""What no answer may show of the inside."""
OF_A_PROBLEM = ("type", "title", "status", "trace_id")


class Client:
    """One client, which makes one call after the other; `calls` is its part of the history."""

    def __init__(self, stack: Stand, seed: int, number: int, begun: float) -> None:
        self.number, self.calls = number, list[Call]()
        self._http = stack.client("complaint_handler")
        self._plan = operations(seed, number)
        self._begun = begun
        self._filed: dict[int, str] = {}

    async def work(self, on: Callable[[], bool]) -> None:
        """Carry out the plan as long as `on` says so; what was begun is brought to its end."""
        async with self._http:
            while on():
                await self._carry_out(next(self._plan))

    async def _carry_out(self, operation: Operation) -> None:
        where = self._where(operation)
        if where is None:  # what it is about is not known to have been filed
            return
        pause, tries = FIRST_PAUSE, TRIES if operation.retried else 1
        for _ in range(tries):
            call = await self._call(operation, *where)
            if not (call.outcome == "unknown" or call.problem in PASSING):
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        if call.outcome == "ok" and call.record_id is not None and operation.verb == "file":
            self._filed[operation.place] = call.record_id
        if call.outcome == "ok" and operation.replayed and operation.verb != "read":
            await self._call(operation, *where, replay=True)

    def _where(self, operation: Operation) -> tuple[str, str] | None:
        if operation.target is None:
            return "POST", "/v1/complaints"
        record_id = self._filed.get(operation.target)
        if record_id is None:
            return None
        if operation.verb == "read":
            return "GET", f"/v1/complaints/{record_id}"
        return "POST", f"/v1/complaints/{record_id}/acknowledge"

    async def _call(self, operation: Operation, method: str, path: str, *, replay: bool = False) -> Call:
        content = json.dumps(operation.body, sort_keys=True).encode() if method == "POST" else b""
        headers = {"Idempotency-Key": operation.key, "Content-Type": "application/json"} if content else {}
        begun = time.monotonic() - self._begun
        answer, fault = None, None
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._http.request(method, path, content=content, headers=headers)
        except (httpx.RequestError, TimeoutError) as error:
            fault = repr(error)
        call = Call(
            client=self.number,
            place=operation.place,
            verb=operation.verb,
            key=operation.key,
            token=operation.token,
            body=hashlib.sha256(content).hexdigest(),
            begun=begun,
            ended=time.monotonic() - self._begun,
            status=None if answer is None else answer.status_code,
            fault=fault,
            concerned=operation.concerned,
            replay=replay,
        )
        if answer is not None:
            call = _with(call, answer)
        self.calls.append(call)
        return call


def _with(call: Call, answer: httpx.Response) -> Call:
    """The call with what is noted of its answer."""
    document, digest = _document(answer), hashlib.sha256(answer.content).hexdigest()
    if not answer.is_success:
        return replace(call, answer=digest, problem=document.get("type"), flaws=tuple(flaws(answer)))
    return replace(
        call,
        answer=digest,
        record_id=document.get("id"),
        version=document.get("version"),
        receipt_number=document.get("receipt_number"),
    )


def flaws(answer: httpx.Response) -> Iterator[str]:
    """What keeps an answer from being a proper problem document."""
    kind = answer.headers.get("content-type", "")
    if kind.split(";")[0] != "application/problem+json":
        yield f"the content type is {kind!r}"
    document = _document(answer)
    lacking = [name for name in OF_A_PROBLEM if name not in document]
    if lacking:
        yield f"{lacking} lacking in {answer.text[:200]!r}"
    elif document["status"] != answer.status_code:
        yield f"the status {document['status']} was sent as {answer.status_code}"
    leak = LEAK.search(answer.text)
    if leak:
        yield f"the inside shows: {answer.text[max(leak.start() - 40, 0) : leak.end() + 80]!r}"


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
