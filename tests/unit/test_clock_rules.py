"""The arithmetic of clocks: intervals follow one another, pauses give their time back, ladders rise."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clocks.rules import (
    PAUSED,
    RUNNING,
    ClockBackwardsError,
    ClockRule,
    Interval,
    Rung,
    elapsed,
    ended,
    measured_until,
    paused,
    reached_at,
    resumed,
)
from chassis.tasks.rules import TaskKind, listed_at, to_person, to_role
from chassis.worktime import WEEKDAYS, Calendar, working_time_between
from contracts.base import Text

SPELLS = (("09:00", "12:00"), ("13:00", "18:00"))
CALENDAR = Calendar("Asia/Shanghai", dict.fromkeys(WEEKDAYS[:5], SPELLS), {date(2025, 9, 28): SPELLS})
START = datetime(2025, 9, 26, 9, 0, tzinfo=UTC)
KIND = TaskKind(
    "answer", "letter", Text("Answer {number}", "答复 {number}"), Text("{percent} % of {number}", "{percent}")
)
RULE = ClockRule("letter", "answer", KIND, (Rung(50, "staff"), Rung(100, "lead"), Rung(150, "head")))

minutes = st.integers(min_value=0, max_value=60 * 24 * 9)
turns = st.lists(minutes, max_size=8)


def life(gaps: list[int]) -> list[Interval]:
    """A clock that pauses and goes on by turns, after so many minutes each."""
    intervals, at = [Interval(RUNNING, START)], START
    for gap in gaps:
        at += timedelta(minutes=gap)
        running = intervals[-1].kind == RUNNING
        intervals = paused(intervals, at, "question") if running else resumed(intervals, at)
    return intervals


@given(turns)
def test_intervals_are_dense_alternate_and_never_overlap(gaps: list[int]) -> None:
    intervals = life(gaps)
    assert [one.ended_at is None for one in intervals] == [False] * len(gaps) + [True]
    for earlier, later in pairwise(intervals):
        assert earlier.ended_at == later.started_at >= earlier.started_at
        assert {earlier.kind, later.kind} == {RUNNING, PAUSED}
    assert all((one.reason is not None) == (one.kind == PAUSED) for one in intervals)


@given(turns, minutes)
def test_what_ran_and_what_paused_is_all_the_working_time_there_was(gaps: list[int], more: int) -> None:
    intervals = life(gaps)
    now = intervals[-1].started_at + timedelta(minutes=more)
    waited = [working_time_between(CALENDAR, o.started_at, o.ended_at or now) for o in intervals if o.kind == PAUSED]
    whole = working_time_between(CALENDAR, START, now)
    assert elapsed(CALENDAR, intervals, now) + sum(waited, timedelta(0)) == whole


@given(turns, st.integers(min_value=1, max_value=100 * 60))
def test_the_limit_is_over_at_the_first_instant_at_which_so_much_has_run(gaps: list[int], limit: int) -> None:
    intervals, amount = life(gaps), timedelta(minutes=limit)
    due = reached_at(CALENDAR, intervals, amount)
    if due is None:
        assert intervals[-1].kind == PAUSED
        assert elapsed(CALENDAR, intervals, intervals[-1].started_at) < amount
        return
    assert elapsed(CALENDAR, intervals, due) == amount
    assert elapsed(CALENDAR, intervals, due - timedelta(microseconds=1)) < amount


@given(turns, st.integers(min_value=1, max_value=100 * 60), minutes)
def test_a_pause_never_brings_the_due_time_forward(gaps: list[int], limit: int, length: int) -> None:
    intervals, amount = life(gaps), timedelta(minutes=limit)
    if intervals[-1].kind == PAUSED:
        intervals = resumed(intervals, intervals[-1].started_at)
    before = reached_at(CALENDAR, intervals, amount)
    at = intervals[-1].started_at
    after = reached_at(CALENDAR, resumed(paused(intervals, at, "question"), at + timedelta(minutes=length)), amount)
    assert before is not None
    assert after is not None
    assert after >= before
    assert length > 0 or after == before


@given(turns, st.integers(min_value=1, max_value=1000), st.integers(min_value=1, max_value=100 * 60))
def test_rungs_come_due_in_their_order(gaps: list[int], percent: int, limit: int) -> None:
    intervals, amount = life([*gaps, 1] if len(gaps) % 2 else gaps), timedelta(minutes=limit)
    lower = reached_at(CALENDAR, intervals, amount * percent / 100)
    higher = reached_at(CALENDAR, intervals, amount * (percent + 1) / 100)
    assert lower is not None
    assert higher is not None
    assert lower <= higher


def test_a_limit_is_not_over_while_the_clock_pauses_and_nobody_works_it_never_is() -> None:
    assert reached_at(CALENDAR, life([60]), timedelta(hours=2)) is None
    assert reached_at(CALENDAR, life([60]), timedelta(hours=1)) == START + timedelta(hours=1)
    assert reached_at(Calendar("Asia/Shanghai", {}), life([]), timedelta(hours=1)) is None


def test_a_clock_counts_until_it_pauses_or_stops() -> None:
    now = START + timedelta(days=30)
    assert measured_until(life([]), now) == now
    assert measured_until(life([60]), now) == START + timedelta(minutes=60)
    assert measured_until(ended(life([60, 5]), START + timedelta(minutes=70)), now) == START + timedelta(minutes=70)
    assert measured_until(ended(life([60]), now), now) == START + timedelta(minutes=60)


def test_nothing_happens_before_the_present_interval_began() -> None:
    with pytest.raises(ClockBackwardsError):
        ended(life([60]), START + timedelta(minutes=59))
    assert ended(life([60]), START + timedelta(minutes=60))[-1].ended_at == START + timedelta(minutes=60)


def test_a_ladder_is_climbed_rung_by_rung() -> None:
    assert [RULE.after(percent) for percent in (0, 49, 50, 100, 149)] == [
        RULE.ladder[0], RULE.ladder[0], RULE.ladder[1], RULE.ladder[2], RULE.ladder[2],
    ]  # fmt: skip
    assert RULE.after(150) is None
    assert RULE.timer == "letter.answer"


def test_a_task_tells_what_it_is_about_and_at_a_level_how_late_it_is() -> None:
    assert KIND.titled(0, {"number": "7"}) == ("Answer 7", "答复 7")
    assert KIND.titled(75, {"number": "7"}) == ("75 % of 7", "75")
    assert listed_at(None, START) == START
    assert listed_at(START - timedelta(days=1), START) == START - timedelta(days=1)
    assert to_role("lead") == "role:lead"
    assert to_person(UUID(int=1)).startswith("person:00000000-")
