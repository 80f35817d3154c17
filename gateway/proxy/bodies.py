"""Bodies of requests on their way in, held to their limit."""

from collections.abc import AsyncIterator, Callable

from starlette.types import Receive

from chassis.edge import too_large


class ClientGone(Exception):
    """The caller closed the connection while its request was being read."""


class Body:
    """A request's body as it comes in, held to a limit; raises a 413 problem beyond it."""

    def __init__(self, receive: Receive, most_bytes: int, moved: Callable[[], None]) -> None:
        """`moved` is called for each piece."""
        self._receive, self._most, self._moved = receive, most_bytes, moved
        self._taken = 0
        self.complete = False

    async def next(self) -> bytes:
        """The next piece; `complete` is true with the last one. Raises ClientGone, or a 413 problem."""
        message = await self._receive()
        self._moved()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        self.complete = not message.get("more_body", False)
        self._taken += len(piece)
        if self._taken > self._most:
            raise too_large(self._most)
        return piece


class Upload:
    """A body of several pieces on its way to a service; `fault` is why it broke off, if it did."""

    def __init__(self, first: bytes, body: Body) -> None:
        self._first, self._body = first, body
        self.fault: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            yield self._first
            while not self._body.complete:
                yield await self._body.next()
        except Exception as fault:
            self.fault = fault
            raise
