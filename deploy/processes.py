"""Child processes of the embedded stack: started with a log, watched, and stopped in good order."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.topology import StackError

TICK = 0.02
"""Seconds between two looks at something that is being waited for."""

POLITE: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
"""How a process is stopped: each signal with the seconds it gets before the next one."""


@dataclass(frozen=True)
class Account:
    """A user of the operating system that a child runs as."""

    uid: int
    gid: int


class Child:
    """One process of ours in a session of its own, so that Ctrl-C in the terminal reaches only its supervisor."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        folder: Path,
        environment: Mapping[str, str],
        account: Account | None = None,
        stop_signals: Sequence[tuple[signal.Signals, float]] = POLITE,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.folder = folder
        self.environment = dict(environment)
        self.account = account
        self.stop_signals = stop_signals
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the last start; raises StackError before the first."""
        if self._process is None:
            raise StackError(f"{self.name} was never started")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """What the process ended with (negative: the signal), None while it lives."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the process; its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - commands are ours
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=() if self.account else None,
            )

    def tell(self, what: signal.Signals) -> None:
        """Send a signal if the process lives."""
        if self._process is not None:
            self._process.send_signal(what)

    def stop(self) -> None:
        """End the process by its stop signals, one after the other, and wait until it is gone."""
        stop_all([self])

    def kill(self) -> None:
        """End the process as a crash would, and wait until it is gone."""
        self.tell(signal.SIGKILL)
        self.wait(5.0)

    def wait(self, seconds: float) -> bool:
        """Whether the process ended within so many seconds."""
        try:
            if self._process is not None:
                self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tail(self, lines: int = 20) -> str:
        """The last lines of the log."""
        return tail(self.log, lines)


def stop_all(children: Iterable[Child]) -> None:
    """End several processes together, each by its own stop signals, and wait until all are gone."""
    children = list(children)
    for child in children:
        child.tell(child.stop_signals[0][0])
    for child in children:
        for number, (what, seconds) in enumerate(child.stop_signals):
            if number:
                child.tell(what)
            if child.wait(seconds):
                break


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log file, empty when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 64 * 1024))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def wait_until_gone(pids: Iterable[int], seconds: float) -> set[int]:
    """Wait for processes that are not our children; those of them that still live after so many seconds."""
    end = time.monotonic() + seconds
    living = {pid for pid in pids if _lives(pid)}
    while living and time.monotonic() < end:
        time.sleep(TICK)
        living = {pid for pid in living if _lives(pid)}
    return living


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked for its exit code yet does not."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
