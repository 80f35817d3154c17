"""The gateway's outermost layer: every request comes in here, and goes to a service or to the gateway's own routes."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import errors
from chassis.edge import answer
from chassis.errors import Problem
from chassis.faults import problem_of
from chassis.logs import log
from chassis.metrics import REQUESTS
from chassis.trace import current_trace, present_trace, trace_from
from gateway.proxy import passage
from gateway.proxy.entrance import Entrance
from gateway.proxy.headers import Incoming, read, secured
from gateway.proxy.passage import Passage, Target, Watch
from gateway.proxy.routing import Operation, RoutingTable
from gateway.proxy.upstream import Upstream

SELF = "gateway"
TOKENS = "/oauth/token"
UNLIMITED = frozenset({"/livez", "/readyz"})
WELL_KNOWN = "/.well-known/"
_PRINTABLE = re.compile(rb"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class Front:
    """An ASGI application around the gateway's own one, `app`."""

    app: ASGIApp
    table: RoutingTable
    upstream: Upstream
    entrance: Entrance
    watch: Watch = field(default_factory=Watch)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "http":
            await Visit(self, scope, receive, send).run()
        else:
            await self.app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.upstream:
            watching = asyncio.create_task(self.watch.run())
            try:
                await self.app(scope, receive, send)
            finally:
                watching.cancel()


class Visit:
    """One request."""

    def __init__(self, front: Front, scope: Scope, receive: Receive, send: Send) -> None:
        self._front, self._scope, self._receive, self._send = front, scope, receive, send
        self._https = scope["scheme"] == "https"
        self._address: str = scope["client"][0] if scope.get("client") else ""
        self._status, self._answered_by_service = 0, False
        self._name: str | None = "none"

    async def run(self) -> None:
        """Answers, whatever happens."""
        begun = time.perf_counter()
        try:
            await self._pass()
        except Exception as error:
            await self._explain(error)
        finally:
            if self._name is not None:
                self._note(self._name, time.perf_counter() - begun)

    async def _pass(self) -> None:
        scope = self._scope
        incoming = read(scope["headers"])
        current_trace.set(trace_from(incoming.traceparent))
        operations = self._front.table.find(scope["raw_path"])
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = None if operations is None else _of(operations, method)
        self._name = "none" if operation is None else operation.name
        token = None
        if scope["path"] not in UNLIMITED and not scope["path"].startswith(WELL_KNOWN):
            token = await self._front.entrance.admit(incoming.authorization, self._address)
        if operation is None or operation.service == SELF:
            await self._own(method, token)
        else:
            await self._forward(operation, method, incoming, token)

    async def _forward(self, operation: Operation, method: str, incoming: Incoming, token: str | None) -> None:
        """To a service, with the access token and the trace, and who asks."""
        onward = incoming.onward
        if token is not None:
            onward["Authorization"] = f"Bearer {token}"
        onward["traceparent"] = present_trace().traceparent
        onward["X-Forwarded-For"] = self._address
        onward["X-Forwarded-Proto"] = self._scope["scheme"]
        path, query = self._scope["raw_path"].decode("ascii"), _query(self._scope["query_string"])
        target = Target(operation, method, f"{path}?{query}" if query else path)
        passage = Passage(self._front.upstream, target, self._receive, self._send, https=self._https)
        self._front.watch.passages.add(passage)
        try:
            await passage.run(incoming)
        finally:
            self._front.watch.passages.discard(passage)
            self._status, self._answered_by_service = passage.status, passage.status > 0

    async def _own(self, method: str, token: str | None) -> None:
        """To the gateway's own routes, which log and measure themselves."""
        scope = {**self._scope, "method": method}
        if token is not None:
            others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
            scope["headers"] = [*others, (b"authorization", f"Bearer {token}".encode())]
        asks_token = scope["path"] == TOKENS
        if asks_token:
            self._front.entrance.expect_proof(self._address)
        self._name = None
        try:
            async with asyncio.timeout(passage.WHOLE_SECONDS):
                await self._front.app(scope, self._receive, self._answer)
        except TimeoutError:
            raise Problem(errors.REQUEST_TIMEOUT, headers={"Connection": "close"}) from None
        if asks_token and self._status == 401:
            self._front.entrance.note_refusal(self._address)

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = secured([(name.lower(), value) for name, value in message["headers"]], https=self._https)
            if not any(name == b"trace-id" for name, _ in headers):
                headers.append((b"trace-id", present_trace().id.encode()))
            message = {**message, "headers": headers}
        await self._send(message)

    async def _explain(self, error: Exception) -> None:
        problem = problem_of(error, {})
        if problem is None:
            log.error("a request failed", exc_info=True)
            problem = Problem(errors.INTERNAL)
        if self._status:
            raise error
        await answer(problem, self._scope)(self._scope, self._receive, self._answer)

    def _note(self, name: str, seconds: float) -> None:
        REQUESTS.labels(name, self._status).observe(seconds)
        # The service that answered has logged the request, with the same trace.
        tell = log.debug if self._answered_by_service else log.info
        method = self._scope["method"]
        tell("request", method=method, operation=name, status=self._status, ms=round(seconds * 1000, 2))


def _of(operations: Mapping[str, Operation], method: str) -> Operation:
    operation = operations.get(method)
    if operation is None:
        raise Problem(errors.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(operations))})
    return operation


def _query(query: bytes) -> str:
    if _PRINTABLE.fullmatch(query) is None:
        raise Problem(errors.MALFORMED)
    return query.decode("ascii")
