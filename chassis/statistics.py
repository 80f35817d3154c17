"""Statistics of proportions, means and samples, with the standard library alone."""

import math
from collections.abc import Mapping
from fractions import Fraction
from statistics import NormalDist
from typing import NamedTuple

CONFIDENCE = 0.95
EXACT_UNTIL = 200
"""Degrees of freedom up to which Student's distribution is summed; above, its expansion is exact to ten digits."""
HALVINGS = 80


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson(successes: float, trials: float, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's interval of a proportion, from 0 to 1 (E. B. Wilson, 1927).

    Raises ValueError unless 0 <= successes <= trials and 0 < trials. An effective size of a sample may be no integer.
    """
    if not 0 <= successes <= trials or trials <= 0:
        raise ValueError("a proportion is of at least one trial")
    z = _normal_quantile(confidence)
    middle = (successes + z**2 / 2) / (trials + z**2)
    half = z / (trials + z**2) * math.sqrt(successes * (trials - successes) / trials + z**2 / 4)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def mean_interval(mean: float, deviation: float, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Student's interval of a mean, `deviation` being the sample's; raises ValueError below two values."""
    if n < 2:
        raise ValueError("one value has no deviation")
    half = t_quantile((1 + confidence) / 2, n - 1) * deviation / math.sqrt(n)
    return Interval(mean - half, mean + half)


def t_quantile(probability: float, degrees: int) -> float:
    """The quantile of Student's distribution, for a probability above 1/2.

    Up to 200 degrees of freedom by halving the sum of Abramowitz and Stegun 26.7.3 and 26.7.4, above by the expansion
    26.7.5. Raises ValueError outside.
    """
    if not 0.5 < probability < 1 or degrees < 1:
        raise ValueError("the upper half of the distribution, with one degree of freedom at least")
    z = NormalDist().inv_cdf(probability)
    if degrees > EXACT_UNTIL:
        return _expanded(z, degrees)
    low, high = 0.0, math.pi / 2
    for _ in range(HALVINGS):  # of the angle whose tangent is t/√ν
        angle = (low + high) / 2
        low, high = (angle, high) if _within(angle, degrees) < 2 * probability - 1 else (low, angle)
    return math.tan((low + high) / 2) * math.sqrt(degrees)


def percentile(counts: Mapping[int, int], share: float) -> float:
    """The value below which a share of values lies, between neighbours in proportion; `counts` is how often each is.

    It is the `percentile_cont` of SQL. Raises ValueError without a value.
    """
    total = sum(counts.values())
    if total < 1 or not 0 <= share <= 1:
        raise ValueError("a percentile is of at least one value")
    place = share * (total - 1)
    below, above = _at(counts, math.floor(place)), _at(counts, math.ceil(place))
    return below + (above - below) * (place - math.floor(place))


def population_correction(sample: int, population: int) -> float:
    """The factor by which a sample of a finite population errs less: √((N-n)/(N-1)); 0 for the whole population.

    Raises ValueError for a sample that is larger, or empty.
    """
    if not 0 < sample <= population:
        raise ValueError("a sample is a part of its population")
    return 0.0 if sample == population else math.sqrt((population - sample) / (population - 1))


def sample_size(bad_rate: float, confidence: float = CONFIDENCE) -> int:
    """The smallest sample of a large population that has at least one bad one in it so surely, if so many are bad."""
    if not 0 < bad_rate < 1 or not 0 < confidence < 1:
        raise ValueError("rate and confidence lie between 0 and 1")
    return math.ceil(math.log(1 - confidence) / math.log(1 - bad_rate))


def sample_size_of(population: int, bad: int, confidence: float = CONFIDENCE) -> int:
    """The same of a population of so many, so many of which are bad (hypergeometric)."""
    if not 0 < bad <= population or not 0 < confidence < 1:
        raise ValueError("at least one of the population is bad")
    none, wanted = Fraction(1), 1 - Fraction(confidence)
    for drawn in range(population):
        if none <= wanted:
            return drawn
        none *= Fraction(max(0, population - bad - drawn), population - drawn)
    return population


def _normal_quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _within(angle: float, degrees: int) -> float:
    """The probability that t lies within ±tan(angle)·√ν."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2 == 1
    term, total = (cosine, cosine if degrees > 1 else 0.0) if odd else (1.0, 1.0)
    for step in range(3 if odd else 2, degrees - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    return float(2 / math.pi * (angle + sine * total) if odd else sine * total)


def _expanded(z: float, degrees: int) -> float:
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum((term / float(degrees) ** power for power, term in enumerate(terms, start=1)), 0.0)


def _at(counts: Mapping[int, int], place: int) -> int:
    """The value at a place among all in their order, counted from 0."""
    for value in sorted(counts):
        place -= counts[value]
        if place < 0:
            return value
    raise AssertionError("the place lies among the values")
