"""Sends requests and times the answers, in a process of its own whose CPU is not counted: `python -m bench.load`.

It takes runs as lines of JSON on standard input and answers each with `ready` and, after `go`, with what it saw.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import orjson
import uvloop

ANSWER_SECONDS = 30.0
SHOWN = 3
"""Wrong answers that are shown; all are counted."""

Parts = tuple[bytes, int, list[bytes]]
"""A request as it goes over the wire, the status that is right, and bytes that the right answer has."""


@dataclass
class Seen:
    """What a run saw; latencies are seconds from sending to the last byte."""

    latencies: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    wrongs: int = 0
    made: list[str] = field(default_factory=list)


class Run:
    """One run: the same kind of request from so many lanes, each over its own kept connection, for some seconds.

    With a `rate` requests begin on a timetable of so many a second, whatever the answers take; `late` says by how much
    they began after it. A run that is not to be repeated ends with its requests.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        requests = list(_requests(told))
        self._requests = cycle(requests) if told["again"] else iter(requests)
        self._port: int = told["port"]
        self._lanes: int = told["lanes"]
        self._seconds: float = told["seconds"]
        self._rate: float | None = told["rate"]
        self._sent = 0
        self._connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.seen = Seen()

    async def connect(self) -> None:
        """Opens the connection of each lane."""
        self._connections = [await asyncio.open_connection("127.0.0.1", self._port) for _ in range(self._lanes)]

    async def go(self) -> float:
        """Sends until the time is over or the requests are; the seconds that it took."""
        begun = time.perf_counter()
        await asyncio.gather(*(self._lane(begun, *connection) for connection in self._connections))
        seconds = time.perf_counter() - begun
        for _, writer in self._connections:
            writer.close()
        return seconds

    async def _lane(self, begun: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = begun + self._seconds
        while (sent := time.perf_counter()) < end:
            if self._rate is not None:
                due = begun + self._sent / self._rate
                if due >= end:
                    return
                self._sent += 1
                await asyncio.sleep(due - sent)
                sent = time.perf_counter()
                self.seen.late.append(max(0.0, sent - due))
            request = next(self._requests, None)
            if request is None:
                return
            writer.write(request[0])
            async with asyncio.timeout(ANSWER_SECONDS):
                head, body = await _answer(reader)
            self.seen.latencies.append(time.perf_counter() - sent)
            self._check(request, head, body)

    def _check(self, request: Parts, head: bytes, body: bytes) -> None:
        _, status, must = request
        if int(head[9:12]) != status or not all(one in body for one in must):
            self.seen.wrongs += 1
            if len(self.seen.wrong) < SHOWN:
                self.seen.wrong.append((head[:15] + b" " + body[:500]).decode(errors="replace"))
        elif status == 201:
            self.seen.made.append(_header(head, b"location").rpartition(b"/")[2].decode())


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    return head, await reader.readexactly(int(_header(head, b"content-length")))


def _header(head: bytes, name: bytes) -> bytes:
    """The value of a header, empty when it is not there."""
    _, _, rest = head.lower().partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip()


def _requests(told: dict[str, Any]) -> Iterator[Parts]:
    shared = f"Host: 127.0.0.1:{told['port']}\r\n"
    if told["authorization"] is not None:
        shared += f"Authorization: Bearer {told['authorization']}\r\n"
    for method, path, body, status, must in told["asks"]:
        content = b"" if body is None else orjson.dumps(body)
        kind = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        yield (
            f"{method} {path} HTTP/1.1\r\n{shared}{kind}\r\n".encode() + content,
            status,
            [one.encode() for one in must],
        )


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()


async def main() -> None:
    """Takes runs until standard input ends."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        run = Run(orjson.loads(line))
        await run.connect()
        _tell({"ready": True})
        await asyncio.to_thread(sys.stdin.readline)
        seconds = await run.go()
        seen = run.seen
        _tell({"seconds": seconds, **{name: getattr(seen, name) for name in seen.__dataclass_fields__}})


if __name__ == "__main__":
    uvloop.run(main())
