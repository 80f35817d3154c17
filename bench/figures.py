"""Figures of a measurement: percentiles, medians over rounds, and the budgets that they are held against."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

STACK, APART = ("gateway", "service", "PostgreSQL"), ("workers", "PostgreSQL of workers", "PostgreSQL itself", "NATS")
"""Whose CPU makes up a request, and whose is told apart."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed (nearest rank); NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


@dataclass
class Series:
    """One kind of request on one way with one number at once: its rounds. Seconds throughout."""

    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[Mapping[str, float]] = field(default_factory=list)

    def add(self, latencies: Sequence[float], seconds: float, cpu: Mapping[str, float]) -> None:
        """A round: latency of each request, duration, CPU seconds of each part."""
        self.latencies.extend(latencies)
        self.rates.append(len(latencies) / seconds)
        self.cpu.append({part: spent / max(1, len(latencies)) for part, spent in cpu.items()})

    @property
    def rate(self) -> float:
        """Requests a second: the median over the rounds."""
        return median(self.rates)

    def at(self, percent: float) -> float:
        """A percentile of the latencies of all rounds."""
        return percentile(self.latencies, percent)

    def cpu_of(self, *parts: str) -> float:
        """CPU of some parts for one request: the median over the rounds of their sum."""
        return median(sum(one.get(part, 0.0) for part in parts) for one in self.cpu)


@dataclass(frozen=True)
class Budget:
    """A figure with what it must and what it should not exceed."""

    what: str
    unit: str
    figure: float
    budget: float | None
    goal: float | None

    def verdict(self) -> str:
        """Whether budget and goal are met."""
        told = [
            f"{name} {'met' if self.figure <= most else 'not met'}"
            for name, most in (("budget", self.budget), ("goal", self.goal))
            if most is not None
        ]
        return ", ".join(told)
