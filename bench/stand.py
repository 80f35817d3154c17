"""The stack that is measured: a temporary folder, ports of its own, real processes, durable servers."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg
import psutil

from bench.cpu import Used, memory, used
from bench.reference import DSN, FILL, TABLE
from deploy.health import is_ready
from deploy.home import ROOT, Home
from deploy.processes import TICK, Child
from deploy.seed import seed
from deploy.stack import Stack, free_base
from deploy.topology import SERVICES, StackError, loopback, serve

FIRST_PORT, LAST_PORT = 23000, 23900
REFERENCE_SECONDS = 30.0
UNLIMITED = {
    "SURETY_CLIENT_RATE": "1000000",
    "SURETY_CLIENT_BURST": "1000000",
    "SURETY_PUBLIC_RATE": "1000000",
    "SURETY_PUBLIC_BURST": "1000000",
}
"""The gateway's limits, raised: one client makes all requests."""
REFERENCE = "reference"


@dataclass
class Stand:
    """One folder with the stack in it, started one way or the other, and the reference beside it."""

    home: Home
    base: int
    stack: Stack | None = None
    reference: Child | None = None
    _roles: dict[int, str] = field(default_factory=dict)

    @property
    def gateway(self) -> str:
        """Address of the gateway."""
        return f"http://127.0.0.1:{self.base}"

    def port(self, name: str) -> int:
        """The port of a service, or of the reference."""
        return self.base + (len(SERVICES) + 2 if name == REFERENCE else list(SERVICES).index(name))

    @contextmanager
    def ordinary(self) -> Iterator[float]:
        """The stack as `make start` runs it; the seconds until it was ready."""
        begun = time.monotonic()
        try:
            self._command("start")
            yield time.monotonic() - begun
        finally:
            self._command("stop")

    @contextmanager
    def apart(self, rows: int) -> Iterator[None]:
        """The stack with workers in processes of their own, rates raised, and the reference with so many rows."""
        self.home.make()
        with self.home.locked():
            self.home.secrets.make()
            self.stack = Stack(self.home, self.base, workers_apart=True, settings=UNLIMITED)
            try:
                self.stack.start()
                seed(self.home.credentials, self.home.secrets.operator_key, self.gateway, self.gateway)
                self._start_reference(rows)
                yield
            finally:
                if self.reference is not None:
                    self.reference.stop()
                self.stack.stop()
                self.stack = self.reference = None

    def memory(self) -> dict[str, int]:
        """Bytes (PSS) of the stack that `ordinary` runs, by process; PostgreSQL's count together."""
        found = self.home.supervisor()
        if found is None:
            raise StackError("The stack does not run.")
        supervisor = psutil.Process(found.pid)
        bytes_of = {"supervisor": memory([found.pid])}
        for child in supervisor.children():
            pids = [child.pid, *(one.pid for one in child.children(recursive=True))]
            bytes_of[_name(child)] = memory(pids)
        return bytes_of

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """The superuser's connection to a service's database."""
        connection = await asyncpg.connect(self._dsn(service))
        try:
            yield connection
        finally:
            await connection.close()

    async def used(self) -> Used:
        """What each process of the stack has used of the CPU until now; sessions of PostgreSQL by their role."""
        assert self.stack is not None
        async with self.database("postgres") as connection:
            rows = await connection.fetch(
                "SELECT pid, coalesce(usename, 'server') AS name FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        groups = [(f"postgres {row['name']}", row["pid"]) for row in rows]
        groups += [(name, pid) for name, pid in self.stack.processes.items()]
        if self.reference is not None:
            groups.append((REFERENCE, self.reference.pid))
        return used(groups)

    def _dsn(self, database: str) -> str:
        password = self.home.secrets.superuser_password
        return f"postgresql://postgres:{password}@127.0.0.1:{self.base + len(SERVICES)}/{database}"

    def _command(self, verb: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SURETY_")}
        environment |= {"SURETY_HOME": str(self.home.folder), "SURETY_PORT": str(self.base)}
        command = [sys.executable, "-m", "deploy.local", verb]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603 - the command is ours
        if done.returncode:
            raise StackError(f"{' '.join(command[1:])} failed: {done.stdout}{done.stderr}")

    def _start_reference(self, rows: int) -> None:
        dsn = asyncio.run(self._reference_database(rows))
        where = loopback(self.base, "", self.home.files)
        options = serve("gateway", where)
        options[2] = "bench.reference:application"
        options[options.index("--port") + 1] = str(self.port(REFERENCE))
        self.reference = Child(
            REFERENCE,
            [sys.executable, *options],
            log=self.home.logs / "reference.log",
            folder=ROOT,
            environment=dict(os.environ) | {DSN: dsn},
        )
        self.reference.start()
        end = time.monotonic() + REFERENCE_SECONDS
        while not is_ready(self.port(REFERENCE), "/notes?limit=1"):
            if not self.reference.running or time.monotonic() > end:
                raise StackError(f"The reference did not start: {self.reference.tail()}")
            time.sleep(TICK)

    async def _reference_database(self, rows: int) -> str:
        """Make the reference's database anew with so many rows; the connection string of its own role."""
        password = secrets.token_hex(16)
        async with self.database("postgres") as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {REFERENCE}")
            await connection.execute(f"DROP ROLE IF EXISTS {REFERENCE}")
            await connection.execute(f"CREATE ROLE {REFERENCE} LOGIN PASSWORD '{password}'")
            await connection.execute(f"CREATE DATABASE {REFERENCE} OWNER {REFERENCE}")
        dsn = f"postgresql://{REFERENCE}:{password}@127.0.0.1:{self.base + len(SERVICES)}/{REFERENCE}"
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(TABLE)
            await connection.execute(FILL, rows)
            await connection.execute("VACUUM (ANALYZE) note")
        finally:
            await connection.close()
        return dsn


def _name(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    return next((name for name, package in SERVICES.items() if f"{package}.app:" in command), process.name())


@contextmanager
def stand() -> Iterator[Stand]:
    """A stand in a new temporary folder; afterwards nothing of it is left, whatever happened."""
    _interrupt_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="surety-bench-"))
    folder.chmod(0o711)
    try:
        yield Stand(Home(folder), free_base(FIRST_PORT, LAST_PORT))
    finally:
        elsewhere = (folder / "postgres").resolve()
        shutil.rmtree(folder, ignore_errors=True)
        if elsewhere.parent != folder.resolve():  # where PostgreSQL's own account could reach it
            shutil.rmtree(elsewhere.parent, ignore_errors=True)


def _interrupt_on_signals() -> None:
    """Have whoever ends us end the stack too."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for what in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(what, interrupt)
