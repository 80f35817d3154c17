"""The gateway's own routes, asked as a service is asked."""

from typing import Any, NamedTuple

from multidict import CIMultiDict
from starlette.types import ASGIApp, Message


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


async def ask_own(app: ASGIApp, method: str, path: str, headers: CIMultiDict[str], body: bytes) -> Answer:
    """The answer of an application in this process; `path` goes in as it is, with its query."""
    plain, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": None,
        "server": None,
    }
    said: list[Message] = []
    heard = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(heard, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    start, *pieces = said
    received = CIMultiDict((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Answer(start["status"], received, b"".join(piece.get("body", b"") for piece in pieces))
