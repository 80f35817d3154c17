"""API keys exchanged for access tokens, which are kept while they serve and renewed before they end."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from chassis.clock import Clock
from chassis.logs import log
from chassis.tokens import Caller, InvalidToken, Verifier
from gateway.credentials.issuing import AuthorizationServer, Issued
from gateway.credentials.rules import digest

MOST = 10_000
RENEWED_BEFORE, TRIED_AGAIN = timedelta(seconds=60), timedelta(seconds=5)


@dataclass(slots=True)
class Exchanged:
    """The token of an API key, whom it speaks for, until when it serves, and when it is to be renewed."""

    caller: Caller
    token: str
    until: datetime
    renew_at: datetime


@dataclass(slots=True)
class KeyExchange:
    """Turns API keys into tokens; a key that was exchanged once costs no database until its token is renewed."""

    server: AuthorizationServer
    verifier: Verifier
    clock: Clock
    _kept: OrderedDict[bytes, Exchanged] = field(default_factory=OrderedDict)
    _pending: dict[bytes, asyncio.Task[Exchanged]] = field(default_factory=dict)

    def kept(self, key: str) -> Exchanged | None:
        """The token of a key that was exchanged and not withdrawn; starts its renewal in the background when due."""
        hashed = digest(key)
        found = self._kept.get(hashed)
        if found is None:
            return None
        now = self.clock()
        if now >= found.until or self.verifier.revocations.hit(found.caller):
            del self._kept[hashed]
            return None
        if now >= found.renew_at:
            found.renew_at = now + TRIED_AGAIN
            self._start(hashed, key).add_done_callback(_note)
        return found

    async def exchange(self, key: str) -> Exchanged:
        """The token of a key; raises InvalidToken, or whatever the database raises."""
        hashed = digest(key)
        # The exchange serves all who wait for it, and outlives each of them.
        return await asyncio.shield(self._start(hashed, key))

    def _start(self, hashed: bytes, key: str) -> asyncio.Task[Exchanged]:
        task = self._pending.get(hashed)
        if task is None:
            task = self._pending[hashed] = asyncio.create_task(self._exchange(hashed, key))
            task.add_done_callback(partial(self._finish, hashed))
        return task

    def _finish(self, hashed: bytes, task: "asyncio.Task[Exchanged]") -> None:
        del self._pending[hashed]
        if not task.cancelled():
            task.exception()  # seen, also when all who waited for it have left

    async def _exchange(self, hashed: bytes, key: str) -> Exchanged:
        try:
            issued = await self.server.exchange(key)
        except InvalidToken:
            self._kept.pop(hashed, None)
            raise
        exchanged = self._exchanged(issued)
        self._kept[hashed] = exchanged
        self._kept.move_to_end(hashed)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return exchanged

    def _exchanged(self, issued: Issued) -> Exchanged:
        until = min(issued.expires_at, issued.key_expires_at or issued.expires_at)
        return Exchanged(self.verifier.verify(issued.token), issued.token, until, issued.expires_at - RENEWED_BEFORE)


def _note(task: "asyncio.Task[Exchanged]") -> None:
    if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), InvalidToken):
        log.warning("a token was not renewed", error=repr(task.exception()))
