"""The short form of chaos: one seed, half a minute, each kind of victim once."""

import pytest

from tests.chaos.run import run
from tests.chaos.schedule import KINDS

pytestmark = pytest.mark.long

SEED, FAULT_SECONDS = 4, 30.0


def test_every_promise_is_kept_while_processes_are_killed() -> None:
    report = run(SEED, FAULT_SECONDS)
    print(*report.lines(), sep="\n")
    assert sorted(struck.kind for struck in report.struck) == sorted(KINDS)
    assert {call.outcome for call in report.calls} == {"ok", "failed", "unknown"}
    assert report.violations == []
