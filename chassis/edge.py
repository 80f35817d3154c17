"""The outermost layers of every application: trace, log, metrics, size limit, and a problem for every fault."""

import time
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import errors
from chassis.bodies import JSON_BYTES
from chassis.errors import Problem
from chassis.faults import problem_of
from chassis.language import language_of
from chassis.logs import log
from chassis.metrics import REQUESTS
from chassis.trace import current_trace, present_trace, trace_from
from contracts.base import Text

PROBES = frozenset({"livez", "readyz", "metrics", "read_metrics", "read_revocations"})
"""Operations that programs ask for every few seconds; their requests are logged at debug."""
TOO_LARGE = Text("The body has more than {bytes} bytes.", "请求正文超过 {bytes} 字节。")


def answer(problem: Problem, scope: Scope) -> JSONResponse:
    """The answer for a problem, in the language of the request."""
    headers = Headers(scope=scope)
    return problem.response(
        instance=scope["path"], trace_id=present_trace().id, language=language_of(headers.get("accept-language"))
    )


class Observed:
    """Begins the trace, logs and measures each request, and answers 500 as a problem when all else failed."""

    def __init__(self, app: ASGIApp, conflicts: Mapping[str, Text]) -> None:
        self._app, self._conflicts = app, conflicts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current_trace.set(trace_from(Headers(scope=scope).get("traceparent")))
        begun, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"trace-id", present_trace().id.encode())]
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            problem = problem_of(error, self._conflicts)
            if problem is None:
                log.error("a request failed", exc_info=True)
                problem = Problem(errors.INTERNAL)
            if status:
                raise
            await answer(problem, scope)(scope, receive, watched)
        finally:
            self._note(scope, status, time.perf_counter() - begun)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        operation = getattr(route, "name", "none")
        REQUESTS.labels(operation, status).observe(seconds)
        say = log.debug if operation in PROBES else log.info
        say("request", method=scope["method"], operation=operation, status=status, ms=round(seconds * 1000, 2))


class BodyLimit:
    """Refuses a body above its operation's limit, by its declared length or as it arrives."""

    def __init__(self, app: ASGIApp, most_bytes: Callable[[Scope], int]) -> None:
        """`most_bytes` is only asked for a body that has more than any JSON may have."""
        self._app, self._most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        most = JSON_BYTES
        if not declared.isdigit() or int(declared) > most:
            most = self._most_bytes(scope)
            if not declared.isdigit() or int(declared) > most:
                await answer(too_large(most), scope)(scope, receive, send)
                return
        taken = 0

        async def counted() -> Message:
            nonlocal taken, most
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                most = self._most_bytes(scope)
                if taken > most:
                    raise too_large(most)
            return message

        await self._app(scope, counted, send)


def too_large(most: int) -> Problem:
    """A 413 problem for a body of more bytes."""
    return Problem(errors.TOO_LARGE, TOO_LARGE.filled(bytes=most))


async def on_exception(request: Request, error: Exception) -> JSONResponse:
    """Answers an exception that means a problem; anything else goes on to the outermost layer."""
    problem = problem_of(error, request.app.state.conflicts)
    if problem is None:
        raise error
    return answer(problem, request.scope)
