"""The load process as the measuring side sees it."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import orjson

from deploy.home import ROOT
from deploy.topology import StackError

Json = dict[str, Any]


class Ask(NamedTuple):
    """A request, the status of the right answer, and what the right answer's body has in it."""

    method: str
    path: str
    body: Json | None = None
    status: int = 200
    must: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loading:
    """One run of the load process: to which port, whose, how many at once, for how long.

    `rate` is requests a second begun on a timetable; `again`: the requests are repeated until the time is over.
    """

    port: int
    authorization: str | None
    asks: Sequence[Ask]
    lanes: int
    seconds: float
    again: bool = True
    rate: float | None = None


@dataclass(frozen=True)
class Loaded:
    """What a run saw: its seconds, the seconds of each request, the last part of each Location, wrong answers."""

    seconds: float
    latencies: list[float]
    late: list[float]
    made: list[str]
    wrong: list[str]
    wrongs: int


class Load:
    """The load process; it lives as long as the `with` block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def __exit__(self, *failed: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def prepare(self, loading: Loading) -> None:
        """Has the connections of a run opened; it begins with `go`."""
        self._tell(orjson.dumps(loading, default=tuple))
        self._hear()

    def run(self, loading: Loading) -> Loaded:
        """A whole run; raises StackError when an answer was wrong."""
        self.prepare(loading)
        return self.go()

    def _tell(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def _hear(self) -> Json:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise StackError("The load process ended; what it said stands above.")
        heard: Json = orjson.loads(line)
        return heard

    def go(self) -> Loaded:
        """Lets the run that is ready begin; returns what it saw. Raises StackError when an answer was wrong."""
        self._tell(b"go")
        loaded = Loaded(**self._hear())
        if loaded.wrongs:
            raise StackError(f"{loaded.wrongs} of {len(loaded.latencies)} answers were wrong: {loaded.wrong}")
        return loaded
