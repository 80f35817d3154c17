"""Terms in plain time: their rungs rise, and none lies outside of what the ladder says."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from chassis.clocks.rules import ClockRule, Rung
from chassis.clocks.terms import Term, Termed, next_rung
from chassis.tasks.rules import TaskKind
from contracts.base import Text

KIND = TaskKind("answer", "letter", Text("Answer", "答复"), Text("{percent} %", "{percent}"))
RULE = ClockRule("letter", "answer", KIND, (Rung(50, "staff"), Rung(100, "lead"), Rung(150, "head")))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
spans = st.integers(0, 4000 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def record(term: Term | None, reached: int = 0) -> Termed:
    return cast(Termed, SimpleNamespace(term=term, reached=reached))


@given(spans)
def test_rungs_rise_from_the_beginning_through_the_end(span: timedelta) -> None:
    term = Term(BEGIN, BEGIN + span)
    reached = [term.reached_at(percent) for percent in (0, 50, 100, 150)]
    assert reached == sorted(reached)
    assert (reached[0], reached[2]) == term
    assert reached[3] - term.due_at == term.reached_at(50) - BEGIN


@given(spans, st.integers(0, 200))
def test_the_next_rung_is_the_lowest_that_was_not_taken(span: timedelta, reached: int) -> None:
    step = next_rung(record(Term(BEGIN, BEGIN + span), reached), RULE)
    above = [rung.percent for rung in RULE.ladder if rung.percent > reached]
    assert (None if step is None else int(step.step)) == min(above, default=None)


def test_without_a_term_there_is_no_rung() -> None:
    assert next_rung(record(None), RULE) is None
