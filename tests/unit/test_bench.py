"""What the measuring program reckons: percentiles, medians over rounds, budgets, and the document that it writes."""

import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cpu import between, cpu_seconds, memory
from bench.figures import STACK, Budget, Series, percentile
from bench.report import put, table
from bench.rounds import part_of


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 - 1e-9
    assert sum(value < found for value in values) < len(values) * percent / 100 + 1e-9


def test_percentiles_of_a_hundred_values_are_their_places() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (50.0, 99.0, 100.0)
    assert math.isnan(percentile([], 50))


def test_a_series_tells_medians_over_rounds_and_percentiles_over_requests() -> None:
    series = Series()
    series.add([0.1, 0.2], 1.0, {"gateway": 0.002, "NATS": 1.0})
    series.add([0.3] * 10, 2.0, {"gateway": 0.050, "service": 0.010})
    series.add([0.4], 1.0, {"gateway": 0.002})
    assert series.rate == 2.0
    assert series.at(50) == 0.3
    assert series.cpu_of("gateway") == pytest.approx(0.002)
    assert series.cpu_of(*STACK) == pytest.approx(0.002)
    assert series.cpu_of("NATS") == 0.0


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [(1.0, "budget met, goal met"), (2.0, "budget met, goal not met"), (3.1, "budget not met, goal not met")],
)
def test_a_figure_is_held_against_budget_and_goal(figure: float, verdict: str) -> None:
    assert Budget("create", "ms", figure, 3.0, 1.8).verdict() == verdict


def test_a_figure_without_a_goal_has_no_verdict_on_it() -> None:
    assert Budget("warm start", "s", 11.0, 10.0, None).verdict() == "budget not met"


def test_a_report_takes_the_place_of_the_one_before_and_leaves_the_words_around_it() -> None:
    full = "<!-- bench:full -->\nkept\n<!-- /bench -->\n"
    text = f"# Performance\n\n<!-- bench:small -->\nold\n<!-- /bench -->\n\nwords\n\n{full}"
    written = put(text, "small", r"| new \1 |")
    assert "old" not in written
    assert written.startswith("# Performance\n\n<!-- bench:small -->\n\n| new \\1 |\n\n<!-- /bench -->\n\nwords\n")
    assert written.endswith(full)
    assert put(written, "small", r"| new \1 |") == written


def test_a_document_without_markers_gets_them_at_its_end() -> None:
    assert put("words\n", "small", "new") == "words\n\n<!-- bench:small -->\n\nnew\n\n<!-- /bench -->\n"
    assert put("", "full", "new").startswith("<!-- bench:full -->")


def test_a_table_has_a_line_for_each_row() -> None:
    assert table(("", "ms"), [["create", "1.00"]]) == "|  | ms |\n| --- | ---: |\n| create | 1.00 |\n"


def test_each_process_counts_in_its_part() -> None:
    groups = {
        "gateway": "gateway",
        "complaints": "service",
        "reference": "service",
        "risk": "other services",
        "complaints worker": "workers",
        "postgres complaints_app": "PostgreSQL",
        "postgres reference": "PostgreSQL",
        "postgres risk_worker": "PostgreSQL of workers",
        "postgres risk_app": "PostgreSQL itself",
        "postgres server": "PostgreSQL itself",
        "postgres": "PostgreSQL itself",
        "nats": "NATS",
    }
    assert {group: part_of(group) for group in groups} == groups


def test_cpu_between_two_looks_counts_a_new_process_from_its_start() -> None:
    before = {("service", 1): 5.0, ("postgres app", 2): 1.0}
    after = {("service", 1): 5.5, ("postgres app", 2): 1.25, ("postgres app", 3): 0.5}
    assert between(before, after) == {"service": 0.5, "postgres app": 0.75}


def test_work_of_a_process_shows_in_its_cpu_and_its_pages_in_its_memory() -> None:
    before, held = cpu_seconds(os.getpid()), memory([os.getpid()])
    pages = bytearray(b"x" * 50_000_000)
    while sum(range(100_000)) and cpu_seconds(os.getpid()) < before + 0.05:
        pass
    assert memory([os.getpid()]) > held + 40_000_000
    assert len(pages) == 50_000_000
    assert cpu_seconds(2**22 + 1) == 0.0
    assert memory([2**22 + 1]) == 0
