"""The folder that an embedded stack keeps everything in, and the lock that only one supervisor holds."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from deploy.postgres import stop_left_over
from deploy.processes import POLITE, TICK, wait_until_gone
from deploy.secrets import Secrets
from deploy.topology import StackError

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

MARK = "SURETY_STACK"
"""Environment variable of every child that names its stack's folder: what a crash leaves behind is known by it."""


@dataclass(frozen=True)
class Supervisor:
    """Who runs the stack, as it says of itself in the lock file."""

    pid: int
    gateway: str
    ready: bool


class Home:
    """One stack's folder: `SURETY_HOME`, or `.surety` in the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = Secrets(folder / "secrets")
        self.logs = folder / "logs"
        self.postgres = folder / "postgres"
        self.nats = folder / "nats"
        self.files = folder / "files"
        self.credentials = folder / "credentials.json"
        self._lock = folder / "lock"

    @classmethod
    def from_environment(cls) -> "Home":
        """The folder that the environment names."""
        return cls(Path(os.environ.get("SURETY_HOME") or ROOT / ".surety").absolute())

    def make(self) -> None:
        """Make the folder; raises StackError when another user made it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.folder.stat().st_uid != os.geteuid():
            raise StackError(
                f"{self.folder} belongs to another user (id {self.folder.stat().st_uid}): "
                "start as that user, or name another folder in SURETY_HOME."
            )
        if os.geteuid() == 0:
            # PostgreSQL, which then runs as another user, must be able to pass.
            self.folder.chmod(0o711)
        self.logs.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only supervisor of this folder; raises StackError when there is one already."""
        with self._lock.open("a+") as file:
            end = time.monotonic() + 1.0
            while not _lock(file.fileno()):
                # Who only asks for the supervisor holds the lock for a moment, too.
                if time.monotonic() > end:
                    raise StackError("Surety is running already. `make stop` ends it.")
                time.sleep(TICK)
            file.truncate(0)
            yield

    def announce(self, supervisor: Supervisor) -> None:
        """Tell others who runs this stack; only for whom holds the lock."""
        self._lock.write_text(json.dumps(asdict(supervisor)))

    def supervisor(self) -> Supervisor | None:
        """Who runs this stack, None when nobody does."""
        try:
            with self._lock.open("a+") as file:
                if _lock(file.fileno()):
                    return None
                file.seek(0)
                return Supervisor(**json.loads(file.read()))
        except FileNotFoundError:
            return None
        except json.JSONDecodeError:
            return Supervisor(pid=0, gateway="", ready=False)

    def stop_left_over(self) -> None:
        """End what a crash of the supervisor left running; only for whom holds the lock."""
        left_over = {process.pid for process in psutil.process_iter() if self._marked(process)}
        for what, seconds in POLITE:
            for pid in left_over:
                with suppress(ProcessLookupError):
                    os.kill(pid, what)
            left_over = wait_until_gone(left_over, seconds)
        stop_left_over(self.postgres)

    def _marked(self, process: psutil.Process) -> bool:
        """Whether a process is a child of this stack; PostgreSQL's, which need another goodbye, are not counted."""
        with suppress(psutil.Error, OSError):
            return process.environ().get(MARK) == str(self.folder) and process.name() != "postgres"
        return False


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ask_to_stop(supervisor: Supervisor) -> None:
    """Ask a supervisor to stop its stack."""
    with suppress(ProcessLookupError):
        os.kill(supervisor.pid, signal.SIGTERM)
