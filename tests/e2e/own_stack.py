"""A whole stack of the tests' own, as `make start` runs it: real processes, a temporary folder, ports of its own."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from deploy.health import is_ready
from deploy.home import ROOT, Home
from deploy.stack import free_base as free_ports
from deploy.topology import SERVICES

COMMAND_SECONDS = 240.0
LIMITS = ("client_rate", "client_burst", "public_rate", "public_burst", "refusals")
"""The gateway's settings of how often one client, and one address without a token, may call, and be refused."""


class OwnStack:
    """One stack; processes are addressed by name: a service, `postgres`, `nats` or `supervisor`."""

    def __init__(self, folder: Path, base: int, told: Mapping[str, str] | None = None) -> None:
        """`told` is what its processes find in their environment beside ours."""
        self.home = Home(folder)
        self.base = base
        outside = {name: value for name, value in os.environ.items() if not name.startswith("SURETY_")}
        self.environment = (
            outside | {"SURETY_HOME": str(folder), "SURETY_PORT": str(base)} | (dict(told) if told else {})
        )

    def command(self, verb: str) -> str:
        """What `python -m deploy.local <verb>` prints; fails the test when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local", verb],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}"
        return done.stdout

    def lift_limits(self) -> None:
        """Has the gateway refuse nobody for calling often; before the first start."""
        self.home.make()
        self.home.secrets.make()
        for name in LIMITS:
            (self.home.secrets.of("gateway") / f"surety_{name}").write_text("1000000")

    def start(self) -> float:
        """Start in the background; the seconds until everything was ready."""
        begun = time.monotonic()
        self.command("start")
        return time.monotonic() - begun

    def stop(self) -> None:
        """Stop in good order."""
        self.command("stop")

    @property
    def credentials(self) -> dict[str, Any]:
        """What the first start wrote for whoever wants to log in."""
        credentials: dict[str, Any] = json.loads(self.home.credentials.read_text())
        return credentials

    def client(self, role: str | None = None, key: str | None = None) -> httpx.AsyncClient:
        """An HTTP client of the gateway with the key of a role, with a key, or without any."""
        key = self.credentials["keys"][role] if role else key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(base_url=self.credentials["gateway"], headers=headers, timeout=20.0)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """The superuser's connection to a service's database, to see what is really there, of all providers."""
        connection = await asyncpg.connect(
            host="127.0.0.1",
            port=self.base + len(SERVICES),
            user="postgres",
            password=self.home.secrets.superuser_password,
            database=service,
        )
        try:
            yield connection
        finally:
            connection.terminate()  # which waits for no answer: the server may be standing still

    def unready(self) -> list[str]:
        """The services that are not ready, each as a sentence."""
        ports = enumerate(SERVICES, start=self.base)
        return [f"{service} is not ready" for port, service in ports if not is_ready(port)]

    @property
    def streams(self) -> Path:
        """The folder in which the broker keeps its streams."""
        return self.home.nats / "jetstream"

    def process(self, name: str) -> psutil.Process:
        """A running process of the stack; raises LookupError while there is none of that name."""
        supervisor = self._supervisor()
        if name == "supervisor":
            return supervisor
        for child in supervisor.children():
            with suppress(psutil.Error):
                if _is(child, name):
                    return child
        raise LookupError(name)

    def kill(self, name: str) -> int:
        """End a process as a crash would; its process id."""
        process = self.process(name)
        process.kill()
        return process.pid

    def everything(self) -> list[psutil.Process]:
        """The supervisor and all that it started, directly or not."""
        supervisor = self._supervisor()
        return [supervisor, *supervisor.children(recursive=True)]

    def _supervisor(self) -> psutil.Process:
        found = self.home.supervisor()
        if found is None:
            raise LookupError("supervisor")
        return psutil.Process(found.pid)


def _is(process: psutil.Process, name: str) -> bool:
    if name in SERVICES:
        return f"{SERVICES[name]}.app:app_from_environment" in process.cmdline()
    return process.name() == {"postgres": "postgres", "nats": "nats-server"}[name]


def free_base(first: int = 21000) -> int:
    """The first of seven ports in a row that are free; processes that run side by side look in different places."""
    first += 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return free_ports(first, first + 900)


@contextmanager
def own_stack(first_port: int = 21000, told: Mapping[str, str] | None = None) -> Iterator[OwnStack]:
    """A stack in a new folder, not started yet; afterwards it is stopped, whatever state it is in, and removed."""
    folder = Path(tempfile.mkdtemp(prefix="surety-"))
    folder.chmod(0o711)
    stack = OwnStack(folder, free_base(first_port), told)
    try:
        yield stack
    finally:
        try:
            stack.stop()
        finally:
            shutil.rmtree(folder)


def end(processes: Iterable[psutil.Process]) -> None:
    """Kill processes and wait until none of them runs."""
    processes = list(processes)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    until = time.monotonic() + 30.0
    while any(map(runs, processes)):
        assert time.monotonic() < until, f"still there: {processes}"
        time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    """Whether a process runs; one that nobody has asked for its exit code does not."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


async def eventually(fact: Callable[[], Awaitable[bool]], what: str, seconds: float = 60.0) -> None:
    """Wait until something is so; fails the test when it is not so after as many seconds."""
    until = time.monotonic() + seconds
    while not await fact():
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.01)
