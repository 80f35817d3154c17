"""How answers are written: what is said at one go goes out in one piece, an answer's head with its body."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HELD = 65_536
"""Bytes that are held back at most."""


class Gathering:
    """A connection that holds back what is written until the event loop comes round, and writes that at once.

    A write of its own for the head costs the system call here, and a second wake-up at the other end.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: list[bytes] = []
        self._bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Writes when the loop comes round; at once where much is held back, so that a slow reader is noticed."""
        if not self._held:
            self._loop.call_soon(self._release)
        self._held.append(data)
        self._bytes += len(data)
        if self._bytes >= MOST_HELD:
            self._release()

    def close(self) -> None:
        """Writes what is held back, and closes."""
        self._release()
        self._transport.close()

    def _release(self) -> None:
        if self._held:
            held, self._held, self._bytes = self._held, [], 0
            self._transport.write(b"".join(held))


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, on connections that gather: `--http chassis.gathering:Protocol`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins a connection."""
        super().connection_made(cast(asyncio.Transport, Gathering(transport, self.loop)))
