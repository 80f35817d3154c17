"""How each kind of victim is struck: only processes of the run's own stack, by their ids."""

import asyncio
import shutil
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import psutil

from chassis.faults import AWAY
from deploy.stack import LONGEST_PAUSE
from deploy.topology import SERVICES
from tests.chaos.schedule import Strike
from tests.chaos.stand import Stand
from tests.e2e.own_stack import OwnStack, end, runs

STOPPED = 5.0
"""Seconds for which a service is stopped."""
MIDST_SECONDS, LOOK_SECONDS = 3.0, 0.002
THERE_SECONDS = LONGEST_PAUSE + 15.0
"""Who dies often is started again after a longer pause."""

IN_A_BATCH = """
SELECT pid AS found FROM pg_stat_activity
WHERE datname = $1 AND state = 'idle in transaction' AND query LIKE '%WITH claimed AS%FROM outbox%'
"""
IN_A_CHANGE = """
SELECT pid AS found FROM pg_stat_activity
WHERE datname = $1 AND state = 'idle in transaction' AND query LIKE '%INSERT INTO journal%'
"""

PUBLISHED = """
SELECT seq AS found FROM journal
WHERE at > $1 AND type = 'complaints.complaint.received.v1' AND seq NOT IN (SELECT seq FROM outbox) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Struck:
    """A strike as it was done: when (seconds from the beginning), whom, and what there is to be told of it."""

    at: float
    kind: str
    told: str


class Victims:
    """Strikes what a schedule names; `begun` is the run's beginning on the monotonic clock."""

    def __init__(self, stack: OwnStack, begun: float) -> None:
        self._stack, self._begun = stack, begun
        self._ways: dict[str, Callable[[str], Awaitable[str]]] = {
            **dict.fromkeys(("nats", *SERVICES), self._kill),
            "postgres": self._quit,
            "relay": self._relay,
            "session": self._session,
            "stop": self._stop,
            "wipe": self._wipe,
        }

    async def strike(self, strikes: list[Strike]) -> list[Struck]:
        """Strike one after the other, none before its time."""
        done = []
        for strike in strikes:
            await asyncio.sleep(max(self._begun + strike.at - time.monotonic(), 0.0))
            at = time.monotonic() - self._begun
            done.append(Struck(at, strike.kind, await self._ways[strike.kind](strike.whom)))
        return done

    async def _there(self, name: str) -> psutil.Process:
        """The process of that name, as soon as the supervisor has it running again."""
        until = time.monotonic() + THERE_SECONDS
        while True:
            with suppress(LookupError, psutil.Error):
                if runs(process := self._stack.process(name)):
                    return process
            assert time.monotonic() < until, f"{name} was not started again within {THERE_SECONDS:g} s"
            await asyncio.sleep(0.05)

    async def _kill(self, name: str) -> str:
        process = await self._there(name)
        process.kill()
        return f"{name} (process {process.pid}) was killed"

    async def _quit(self, name: str) -> str:
        process = await self._there(name)
        process.send_signal(signal.SIGQUIT)  # without a checkpoint, as pg_ctl -m immediate
        return f"{name} (process {process.pid}) was stopped immediately"

    async def _stop(self, name: str) -> str:
        process = await self._there(name)
        process.suspend()
        try:
            await asyncio.sleep(STOPPED)
        finally:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        return f"{name} (process {process.pid}) stood still for {STOPPED:g} s"

    async def _wipe(self, _: str) -> str:
        """Delete the broker's store while it has events that risk, which stands still, did not fetch."""
        reader, process = await self._there("risk"), await self._there("nats")
        reader.suspend()
        try:
            await self._until_published()
            await asyncio.to_thread(end, [process])
            shutil.rmtree(self._stack.home.nats / "jetstream")
        finally:
            with suppress(psutil.NoSuchProcess):
                reader.resume()
        return f"nats (process {process.pid}) was killed and its store deleted, while risk stood still"

    async def _relay(self, _: str) -> str:
        """Kill the relay of complaints between claiming and deleting: the broker stands still, so that it is there."""
        nats, service = await self._there("nats"), await self._there("complaints")
        nats.suspend()
        try:
            found = await look(self._stack, "postgres", IN_A_BATCH, "complaints")
            service.kill()
        finally:
            with suppress(psutil.NoSuchProcess):
                nats.resume()
        where = "in the middle of a batch" if found else "without a batch at hand"
        return f"complaints (process {service.pid}), which has the relay, was killed {where}"

    async def _session(self, _: str) -> str:
        """Stop one session between its journal entries and its commit, while others go on and commit after it."""
        postmaster = await self._there("postgres")
        of_ours = partial(_suspended, postmaster=postmaster)
        found = await look(self._stack, "postgres", IN_A_CHANGE, "complaints", take=of_ours)
        if found is None:
            return "no session of complaints was met in the middle of a change"
        try:
            beyond = await self._until_published()
        finally:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(found).resume()
        passed = "others were published before it" if beyond else "nothing else happened"
        return f"a session of complaints (process {found}) stood still, and {passed}"

    async def _until_published(self) -> bool:
        """Wait until a complaint that is filed from now on is published; False when none was within 3 s."""
        return await look(self._stack, "complaints", PUBLISHED, datetime.now(UTC)) is not None


async def look(
    stack: Stand, database: str, query: str, *values: object, take: Callable[[int], bool] = lambda found: True
) -> int | None:
    """The first number that a query finds and that can be taken; None when there is none within 3 s.

    No longer, whatever PostgreSQL does: it stands still where a session was stopped that holds a lock of its memory.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(MIDST_SECONDS):
            while True:
                with suppress(*AWAY):
                    async with stack.database(database) as connection:
                        while True:
                            for row in await connection.fetch(query, *values):
                                if take(row["found"]):
                                    return int(row["found"])
                            await asyncio.sleep(LOOK_SECONDS)
                await asyncio.sleep(0.05)
    return None


def _suspended(pid: int, postmaster: psutil.Process) -> bool:
    """Stop a session, if it is one of our server's."""
    with suppress(psutil.Error):
        session = psutil.Process(pid)
        if session.ppid() == postmaster.pid:
            session.suspend()
            return True
    return False
