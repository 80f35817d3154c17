"""How reports are broken down: periods, the order of causes, bands of age."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from services.complaints.figures.rules import month_after

BANDS: Sequence[tuple[int, int | None]] = ((0, 5), (6, 10), (11, 20), (21, 40), (41, None))
"""Ages in working days, from and to."""


class Cause(NamedTuple):
    """How often a cause was decided on, with its share of all, and that of all up to it."""

    service: str
    cause: str
    decided: int
    repeated: int
    share: float
    cumulative: float


def pareto(counts: Iterable[tuple[str, str, int, int]]) -> list[Cause]:
    """Causes (service, cause, decided, repeated), the most frequent first, ties in the order of their codes."""
    ordered = sorted((one for one in counts if one[2] > 0), key=lambda one: (-one[2], one[0], one[1]))
    total = sum(one[2] for one in ordered)
    sums = accumulate(one[2] for one in ordered)
    return [Cause(*one, one[2] / total, until / total) for one, until in zip(ordered, sums, strict=True)]


def bands(ages: Mapping[int, int]) -> list[int]:
    """How many fall into each of BANDS."""
    return [
        sum(number for age, number in ages.items() if low <= age and (high is None or age <= high))
        for low, high in BANDS
    ]


def whole_months(first: date, last: date) -> tuple[date, date]:
    """The whole months that a period touches."""
    return first.replace(day=1), month_after(last) - timedelta(days=1)
