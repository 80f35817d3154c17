"""Intervals, percentiles and sizes of samples: the vectors of the rules for indicators, and what holds for all."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.statistics import (
    mean_interval,
    percentile,
    population_correction,
    sample_size,
    sample_size_of,
    t_quantile,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(45, 50, 78.6, 95.7), (9, 10, 59.6, 98.2), (0, 5, 0.0, 43.4)]
)
def test_wilson_has_the_vectors_of_the_rules(successes: int, trials: int, low: float, high: float) -> None:
    assert tuple(round(100 * end, 1) for end in wilson(successes, trials)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_its_proportion_and_is_the_mirror_of_the_failures(given_: tuple[int, int]) -> None:
    successes, trials = given_
    found, mirrored = wilson(successes, trials), wilson(trials - successes, trials)
    assert 0 <= found.low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_narrows_with_more_trials(given_: tuple[int, int]) -> None:
    successes, trials = given_
    few, many = wilson(successes, trials), wilson(successes * 4, trials * 4)
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_is_of_at_least_one_trial(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="at least one trial"):
        wilson(successes, trials)


@pytest.mark.parametrize(
    ("degrees", "value"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (30, 2.0423), (120, 1.9799)]
)
def test_quantiles_of_student_are_those_of_the_tables(degrees: int, value: float) -> None:
    assert t_quantile(0.975, degrees) == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("probability", [0.9, 0.975, 0.995])
def test_sum_and_expansion_of_student_meet(probability: float) -> None:
    summed = [t_quantile(probability, degrees) for degrees in (199, 200)]
    expanded = [t_quantile(probability, degrees) for degrees in (201, 202)]
    steps = [before - after for before, after in zip([*summed, *expanded], [*summed[1:], *expanded], strict=False)]
    assert all(0 < step < 1e-3 for step in steps[:3])
    assert steps[1] == pytest.approx(steps[0], rel=0.02)


def test_student_with_many_degrees_is_normal() -> None:
    assert t_quantile(0.975, 10**9) == pytest.approx(statistics.NormalDist().inv_cdf(0.975), abs=1e-8)


def test_an_interval_of_a_mean_is_around_it() -> None:
    low, high = mean_interval(10.0, 2.0, 4)
    assert (low + high) / 2 == pytest.approx(10.0)
    assert high - low == pytest.approx(2 * 3.182446)
    with pytest.raises(ValueError, match="no deviation"):
        mean_interval(1.0, 0.0, 1)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=60), st.integers(1, 99))
def test_percentiles_are_those_of_the_standard_library(values: list[int], percent: int) -> None:
    counts = {value: values.count(value) for value in values}
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
    assert percentile(counts, percent / 100) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.floats(0, 1), st.floats(0, 1))
def test_percentiles_rise_with_their_share(values: list[int], one: float, other: float) -> None:
    counts = {value: values.count(value) for value in values}
    low, high = sorted((one, other))
    assert min(values) <= percentile(counts, low) <= percentile(counts, high) + 1e-9 <= max(values) + 1e-9


def test_the_correction_for_a_finite_population_has_the_vector_of_the_rules() -> None:
    assert round(population_correction(60, 80), 3) == 0.503
    assert population_correction(1, 80) == 1
    assert population_correction(80, 80) == population_correction(1, 1) == 0
    with pytest.raises(ValueError, match="part of its population"):
        population_correction(81, 80)


def test_sizes_of_samples_have_the_vectors_of_the_rules() -> None:
    assert sample_size(0.05) == 59
    assert sample_size_of(100, 5) == 45
    assert sample_size_of(40, 2) == 31
    assert sample_size_of(10, 10) == 1


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))), st.floats(0.5, 0.99))
def test_a_sample_of_that_size_is_sure_enough_and_a_smaller_one_is_not(of: tuple[int, int], confidence: float) -> None:
    population, bad = of

    def missed(drawn: int) -> float:
        return math.comb(population - bad, drawn) / math.comb(population, drawn)

    size = sample_size_of(population, bad, confidence)
    assert missed(size) <= 1 - confidence + 1e-9
    assert missed(size - 1) > 1 - confidence - 1e-9


def test_a_simulated_sample_finds_a_bad_one_as_often_as_was_asked() -> None:
    chance = random.Random(5)
    stock = [True] * 5 + [False] * 95
    found = sum(any(chance.sample(stock, sample_size_of(100, 5))) for _ in range(4_000))
    assert found / 4_000 >= 0.94
