"""The logs of the embedded stack: shown as they grow, and kept from growing without end."""

import shutil
import sys
from pathlib import Path

LARGEST = 10 * 1024 * 1024
"""Bytes of one log; what is older stands in a second file of at most that size."""


def bound(log: Path, largest: int = LARGEST) -> None:
    """Move a log that grew too large to `<name>.1` and go on with an empty one.

    The writer keeps its file, which it opened for appending, so it need not be told.
    """
    if log.exists() and log.stat().st_size > largest:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        with log.open("r+b") as file:
            file.truncate()


class Follower:
    """Shows new lines of several logs, each with the name of its log before it."""

    def __init__(self, logs: list[Path]) -> None:
        self._width = max(len(log.stem) for log in logs)
        self._read = {log: log.stat().st_size if log.exists() else 0 for log in logs}

    def show(self) -> None:
        """Print the complete lines that were added since the last time."""
        for log in self._read:
            for line in self._added(log):
                sys.stdout.write(f"{log.stem:<{self._width}} | {line}\n")
        sys.stdout.flush()

    def _added(self, log: Path) -> list[str]:
        if not log.exists():
            return []
        with log.open("rb") as file:
            if log.stat().st_size < self._read[log]:
                self._read[log] = 0
            file.seek(self._read[log])
            complete, newline, _ = file.read().rpartition(b"\n")
        self._read[log] += len(complete) + len(newline)
        return complete.decode(errors="replace").splitlines()
