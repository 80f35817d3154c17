"""A process that ends is started again with growing pauses, and a port that is taken is named."""

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.home import Home
from deploy.processes import Child
from deploy.stack import FIRST_PAUSE, LONGEST_PAUSE, STEADY, Keeper, check_ports
from deploy.topology import StackError


class Fragile(Child):
    """A process that lives or not as the test says."""

    def __init__(self) -> None:
        super().__init__("fragile", [], log=Path("unused"), folder=Path(), environment={})
        self.alive = True
        self.starts: list[float] = []

    @property
    def running(self) -> bool:
        return self.alive

    def begin(self) -> None:
        self.starts.append(0.0)


def starts(keeper: Keeper, child: Fragile, *moments: float) -> list[int]:
    """How often the process had been started again at each moment."""
    counts = []
    for moment in moments:
        keeper.look(moment)
        counts.append(len(child.starts))
    return counts


def test_the_pause_doubles_while_the_process_keeps_ending() -> None:
    child = Fragile()
    keeper = Keeper(child, child.begin, 0.0)
    child.alive = False
    assert starts(keeper, child, 1.0, 1.0 + FIRST_PAUSE / 2, 1.0 + FIRST_PAUSE) == [0, 0, 1]
    assert starts(keeper, child, 2.0, 2.0 + FIRST_PAUSE, 2.0 + 2 * FIRST_PAUSE) == [1, 1, 2]


def test_the_pause_has_a_limit_and_begins_anew_after_a_steady_time() -> None:
    child = Fragile()
    keeper = Keeper(child, child.begin, 0.0)
    child.alive = False
    now = 0.0
    for _ in range(20):
        starts(keeper, child, now, now + LONGEST_PAUSE)
        now += LONGEST_PAUSE
    assert len(child.starts) == 20
    assert starts(keeper, child, now + STEADY + 1, now + STEADY + 1 + FIRST_PAUSE) == [20, 21]


def test_a_living_process_is_left_alone() -> None:
    child = Fragile()
    assert starts(Keeper(child, child.begin, 0.0), child, 1.0, 1000.0) == [0, 0]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_a_way_out(taken: int) -> None:
    with pytest.raises(StackError, match=rf"Port {taken} \(gateway\).*make run port="):
        check_ports(taken)


@pytest.mark.parametrize("base", [0, 65530, 70000])
def test_ports_beyond_the_last_are_refused(base: int) -> None:
    with pytest.raises(StackError, match="base port"):
        check_ports(base)


def test_a_stack_has_one_supervisor(tmp_path: Path) -> None:
    home, other = Home(tmp_path), Home(tmp_path)
    home.make()
    assert home.supervisor() is None
    with home.locked():
        assert home.supervisor() is not None
        with pytest.raises(StackError, match="running already"), other.locked():
            pass
    assert home.supervisor() is None


def test_a_process_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    child = Child(
        "deaf",
        [sys.executable, "-c", deaf],
        log=tmp_path / "log",
        folder=tmp_path,
        environment={},
        stop_signals=((signal.SIGTERM, 0.05), (signal.SIGKILL, 5.0)),
    )
    child.start()
    while child.tail() != "deaf":
        assert child.running
    child.stop()
    assert child.exit_code == -signal.SIGKILL
