"""A seed says all: who is struck when, and what each client means to do."""

from itertools import islice

import pytest

from tests.chaos.__main__ import main
from tests.chaos.plans import operations
from tests.chaos.schedule import KINDS, schedule


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_strikes_each_kind_in_each_minute_in_the_same_way(seed: int) -> None:
    strikes = schedule(seed, 120.0)
    assert strikes == schedule(seed, 120.0)
    assert strikes == sorted(strikes, key=lambda one: one.at)
    for begun in (0.0, 60.0):
        round_of = [strike.kind for strike in strikes if begun <= strike.at < begun + 60]
        assert sorted(round_of) == sorted(KINDS)


def test_another_seed_is_another_run() -> None:
    assert schedule(1, 60.0) != schedule(2, 60.0)
    assert next(operations(1, 0)).key != next(operations(2, 0)).key


def test_a_client_does_the_same_for_the_same_seed() -> None:
    first, second = list(islice(operations(7, 1), 500)), list(islice(operations(7, 1), 500))
    assert first == second
    assert {operation.verb for operation in first} == {"file", "acknowledge", "read"}
    assert len({operation.key for operation in first}) == len(first)
    filed = {operation.place: operation for operation in first if operation.verb == "file"}
    targets = [operation.target for operation in first if operation.target is not None]
    assert all(filed[target].retried for target in targets)


@pytest.mark.parametrize("wrong", ["minutes=soon", "seed=x", "minutes=0", "minutes=nan", "clients=3", "7"])
def test_the_command_line_refuses_what_it_does_not_know(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([wrong]) == 2
    assert "minutes=" in capsys.readouterr().err
