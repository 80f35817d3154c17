"""One request on its way to a service, and the answer on its way back."""

import asyncio
from dataclasses import dataclass

import aiohttp
from starlette.types import Receive, Send

from chassis import errors
from chassis.edge import too_large
from chassis.errors import Problem
from chassis.logs import log
from chassis.loops import wanted
from contracts.base import Text
from gateway.proxy.bodies import Body, ClientGone, Upload
from gateway.proxy.headers import Incoming, answered
from gateway.proxy.routing import STREAMED, Operation
from gateway.proxy.upstream import Upstream, broken_off

WHOLE_SECONDS, LOOK_SECONDS = 15.0, 0.1
SILENT = Text("The service {service} gave no answer within {seconds} s.", "服务 {service} 未在 {seconds} 秒内应答。")
SLOW = Text("The body did not arrive within {seconds} s.", "请求正文未在 {seconds} 秒内传完。")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: its operation, the method, and the path with its query as it was received."""

    operation: Operation
    method: str
    path: str


class Passage:
    """Streams both ways within a time; when the caller leaves, the service's work is cancelled.

    `status` is that of the answer, 0 while there is none. A large upload and an export may take as long as they move.
    """

    def __init__(self, upstream: Upstream, target: Target, receive: Receive, send: Send, *, https: bool) -> None:
        self._upstream, self._target, self._https = upstream, target, https
        self._receive, self._send = receive, send
        self._body = Body(receive, target.operation.most_bytes, self._moved)
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + WHOLE_SECONDS
        self._passing: asyncio.Task[object] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._stopped = self._gone = False
        self._streaming = target.operation.streamed
        self.status = 0

    async def run(self, incoming: Incoming) -> None:
        """Passes the request on and the answer back.

        Raises a problem while nothing was answered; a fault after that ends the answer short, which its reader can
        tell from a whole one.
        """
        if incoming.length is not None and incoming.length > self._target.operation.most_bytes:
            raise too_large(self._target.operation.most_bytes)
        self._passing = asyncio.current_task()
        try:
            await self._pass(incoming)
        except asyncio.CancelledError:
            assert self._passing is not None
            if not self._stopped or self._passing.uncancel():
                raise
            self._give_up(self._late())
        except ClientGone:
            self._gone = True
        except Problem as problem:
            self._give_up(problem)
        finally:
            if self._listening is not None:
                self._listening.cancel()

    def look(self, now: float) -> None:
        """Stops a passage whose time is over, and listens for the caller's leaving once the body was read."""
        if now >= self._end:
            self._stop()
        elif self._body.complete and self._listening is None:
            self._listening = asyncio.create_task(self._until_gone())

    async def _pass(self, incoming: Incoming) -> None:
        target, service = self._target, self._target.operation.service
        data = await self._data(incoming)
        try:
            async with await self._upstream.send(service, target.method, target.path, incoming.onward, data) as answer:
                await self._answer(answer)
        except aiohttp.ClientError as fault:
            raise broken_off(service, fault) from fault

    async def _data(self, incoming: Incoming) -> bytes | Upload | None:
        if not incoming.has_body:
            self._body.complete = True
            return None
        first = await self._body.next()
        if self._body.complete:
            return first
        if incoming.length is not None:
            incoming.onward["Content-Length"] = str(incoming.length)
        return Upload(first, self._body)

    async def _answer(self, answer: aiohttp.ClientResponse) -> None:
        self.status = answer.status
        self._streaming = self._streaming or answer.content_type in STREAMED
        headers = answered(answer.raw_headers, https=self._https)
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        content, last = answer.content, False
        while not last:
            piece = await content.readany()
            last = content.at_eof()
            await self._send({"type": "http.response.body", "body": piece, "more_body": not last})
            self._moved()

    def _moved(self) -> None:
        if self._streaming:
            self._end = self._loop.time() + WHOLE_SECONDS

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._stop()

    def _stop(self) -> None:
        if not self._stopped and self._passing is not None:
            self._stopped = True
            self._passing.cancel()

    def _late(self) -> Problem:
        seconds, service = f"{WHOLE_SECONDS:g}", self._target.operation.service
        if not self._body.complete:
            return Problem(errors.REQUEST_TIMEOUT, SLOW.filled(seconds=seconds), headers={"Connection": "close"})
        return Problem(errors.GATEWAY_TIMEOUT, SILENT.filled(service=service, seconds=seconds))

    def _give_up(self, problem: Problem) -> None:
        if self._gone:
            return
        if self.status:
            log.warning("an answer ended short", operation=self._target.operation.name, reason=problem.kind.code)
            return
        raise problem


class Watch:
    """Looks at all passages ten times a second: cheaper than timers of each one's own."""

    def __init__(self) -> None:
        self.passages: set[Passage] = set()

    async def run(self) -> None:
        """Works until cancelled."""
        loop = asyncio.get_running_loop()
        while wanted():
            await asyncio.sleep(LOOK_SECONDS)
            now = loop.time()
            for passage in tuple(self.passages):
                passage.look(now)
