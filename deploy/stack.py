"""The embedded stack: what is started in which order, kept alive, and stopped."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from deploy.bootstrap import bootstrap
from deploy.health import is_ready
from deploy.home import MARK, ROOT, Home
from deploy.logs import Follower, bound
from deploy.nats.server import Nats
from deploy.postgres import Postgres
from deploy.processes import TICK, Child, stop_all
from deploy.revisions import behind
from deploy.topology import SERVICES, Addresses, StackError, environment, loopback, migrate, serve, work

READY_SECONDS = 120.0
"""How long services may take until they are ready."""

FIRST_PAUSE, LONGEST_PAUSE, STEADY = 0.5, 30.0, 60.0
"""Seconds before a process that ended is started again: the first time, at most, and after how long it counts anew."""

MAIL = frozenset({"SURETY_SMTP_URL", "SURETY_SMTP_PASSWORD", "SURETY_MAIL_FROM"})
"""What the caller may say to the services: where their mail goes."""


class Keeper:
    """Starts one process again when it ends, each time after twice as long a pause."""

    def __init__(self, child: Child, start: Callable[[], None], now: float) -> None:
        self.child = child
        self._start = start
        self._started = now
        self._pause = FIRST_PAUSE
        self._due: float | None = None

    def look(self, now: float) -> None:
        """Start the process if it ended and its pause is over."""
        if self.child.running:
            return
        if self._due is None:
            if now - self._started > STEADY:
                self._pause = FIRST_PAUSE
            outcome = f"{self.child.name} ended ({self.child.exit_code})"
            print(f"{outcome}; it is started again in {self._pause:g} s.", flush=True)
            self._due, self._pause = now + self._pause, min(2 * self._pause, LONGEST_PAUSE)
        elif now >= self._due:
            self._due, self._started = None, now
            self._start()


class Stack:
    """PostgreSQL, NATS, four services and the gateway on seven ports of the loopback address, from `base` on.

    With `workers_apart` relay, consumers and jobs of each service are a process of their own. `settings` are variables
    for every process of ours beside those that it needs.
    """

    def __init__(
        self, home: Home, base: int, *, workers_apart: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        self.home = home
        self.base = base
        self._workers_apart = workers_apart
        self._settings = dict(settings or {}) | ({"SURETY_WORKER": "off"} if workers_apart else {})
        self.postgres = Postgres(
            home.postgres,
            password=home.secrets.superuser_password,
            port=base + len(SERVICES),
            log=home.logs / "postgres.log",
        )
        self.nats = Nats(
            home.nats, users=home.secrets.nats_users(), port=base + len(SERVICES) + 1, log=home.logs / "nats.log"
        )
        self._services: list[Child] = []
        self._workers: list[Child] = []
        self._keepers: list[Keeper] = []

    @property
    def addresses(self) -> Addresses:
        """Where everything is; raises StackError before PostgreSQL was started."""
        return loopback(self.base, self.postgres.host, self.home.files)

    @property
    def logs(self) -> list[Path]:
        """The log of each process."""
        return [self.home.logs / f"{name}.log" for name in (*SERVICES, "postgres", "nats")]

    def start(self) -> None:
        """Start everything and wait until it is ready; raises StackError when something is not to be had."""
        os.environ[MARK] = str(self.home.folder)
        self.home.stop_left_over()
        check_ports(self.base)
        if not self.postgres.has_cluster:
            self.home.credentials.unlink(missing_ok=True)
        self.postgres.launch()
        self.nats.launch()
        self.postgres.wait_until_ready()
        self.nats.wait_until_ready()
        asyncio.run(bootstrap(self.postgres.dsn(), self.home.secrets))
        self._migrate()
        self._services = [self._child(service, serve(service, self.addresses)) for service in SERVICES]
        for child in self._services:
            child.start()
        self._wait_until_ready()
        if self._workers_apart:
            self._workers = [self._child(service, work(service), f"{service}-worker") for service in SERVICES]
        for worker in self._workers:
            worker.start()

    @property
    def processes(self) -> dict[str, int]:
        """The process ids: of services by name, of workers apart as `<service> worker`, of `postgres` and `nats`."""
        servers = [child for child in (self.postgres.child, self.nats.child) if child is not None]
        processes = {child.name: child.pid for child in (*self._services, *servers)}
        return processes | {f"{worker.name} worker": worker.pid for worker in self._workers}

    def keep(self, follower: Follower | None) -> None:
        """Keep everything alive until interrupted; show the logs with a follower."""
        now = time.monotonic()
        launches = {"postgres": self.postgres.launch, "nats": self.nats.launch}
        servers = [child for child in (self.postgres.child, self.nats.child) if child is not None]
        self._keepers = [
            Keeper(child, launches.get(child.name, child.start), now) for child in (*servers, *self._services)
        ]
        while True:
            now = time.monotonic()
            for keeper in self._keepers:
                keeper.look(now)
            for log in self.logs:
                bound(log)
            if follower is not None:
                follower.show()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the services, then the servers, each in good order, and whatever an interrupted start left."""
        stop_all([*self._services, *self._workers])
        self.nats.stop()
        self.postgres.stop()
        self.home.stop_left_over()

    def _child(self, service: str, arguments: list[str], log: str | None = None, *more: Path) -> Child:
        """A process that is told its service's secrets, and those in `more` folders."""
        return Child(
            service,
            [sys.executable, *arguments],
            log=self.home.logs / f"{log or service}.log",
            folder=ROOT,
            environment=_outside()
            | environment(service, self.addresses, self.home.secrets.of(service), *more)
            | self._settings,
        )

    def _migrate(self) -> None:
        """Bring the databases that lack a migration up to date, side by side."""
        lacking = asyncio.run(behind(self.postgres.dsn(), ROOT))
        owner = self.home.secrets.of_owner
        children = [self._child(one, migrate(one), f"{one}-migration", owner(one)) for one in lacking]
        for child in children:
            child.start()
        for child in children:
            while child.running:
                time.sleep(TICK)
            if child.exit_code:
                raise StackError(f"The database of {child.name} could not be migrated. {_end_of(child)}")

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS
        waiting = list(self._services)
        while waiting:
            for child in waiting:
                if not child.running:
                    raise StackError(f"{child.name} ended while it was started. {_end_of(child)}")
            waiting = [child for child in waiting if not is_ready(self.addresses.ports[child.name])]
            if waiting and time.monotonic() > end:
                raise StackError(f"{waiting[0].name} is not ready after {READY_SECONDS:g} s. {_end_of(waiting[0])}")
            time.sleep(TICK)


def _outside() -> dict[str, str]:
    """The caller's environment without settings of its own but those of mail, and with the mark."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SURETY_") or name in MAIL}
    return kept | {MARK: os.environ[MARK]}


def _end_of(child: Child) -> str:
    return f"The end of {child.log}:\n{child.tail()}"


def free_base(first: int, last: int) -> int:
    """The first of seven ports in a row that are free, from `first` until before `last`; raises StackError."""
    for base in range(first, last, len(SERVICES) + 2):
        with suppress(StackError):
            check_ports(base)
            return base
    raise StackError(f"There are no seven free ports in a row from {first} until {last}.")


def check_ports(base: int) -> None:
    """Raise StackError when a port that the stack needs is not to be had."""
    if not 1 <= base <= 65535 - len(SERVICES) - 1:
        raise StackError(f"The base port cannot be {base}: seven ports from it on must be at most 65535.")
    for offset, name in enumerate((*SERVICES, "PostgreSQL", "NATS")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", base + offset))
            except OSError as error:
                raise StackError(
                    f"Port {base + offset} ({name}) is not to be had: {error.strerror}. End what uses it, or choose "
                    f"another base port: make run port={base + 1000 if base < 64000 else 8080}"
                ) from error
