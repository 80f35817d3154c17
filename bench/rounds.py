"""The measuring itself: every operation on every way, in rounds, so that what changes meanwhile touches all alike."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from bench.cpu import Used, between
from bench.figures import Series
from bench.filling import complaint
from bench.loading import Ask, Load, Loaded, Loading
from bench.operations import OPERATIONS, Operation, Targets, deep_cursor, reference_asks
from bench.provider import CHANNELS, Machine
from bench.stand import REFERENCE, Stand

GATEWAY, SERVICE = "gateway", "complaints"
WAYS = (REFERENCE, SERVICE, GATEWAY)
AT_ONCE = (1, 16)
SAMPLE = 1000
WARM_SECONDS = 1.0
STEPS_A_SECOND = {1: 150, 16: 500}
"""More steps than are taken in a second; each needs a complaint of its own."""
PARTS = {
    "gateway": "gateway",
    "complaints": "service",
    "reference": "service",
    "postgres gateway_app": "PostgreSQL",
    "postgres complaints_app": "PostgreSQL",
    "postgres reference": "PostgreSQL",
    "nats": "NATS",
}
"""Which part of the figures a process belongs to."""

Way = tuple[str, str, int]
"""Operation, way, how many at once."""


def part_of(group: str) -> str:
    """The part of the figures that a process is counted in."""
    if group.startswith("postgres"):
        other = "PostgreSQL of workers" if group.endswith("_worker") else "PostgreSQL itself"
        return PARTS.get(group, other)
    return PARTS.get(group, "workers" if group.endswith("worker") else "other services")


def by_part(before: Used, after: Used) -> dict[str, float]:
    """CPU seconds of each part of the figures between two looks."""
    cpu: defaultdict[str, float] = defaultdict(float)
    for group, seconds in between(before, after).items():
        cpu[part_of(group)] += seconds
    return dict(cpu)


@dataclass
class Measuring:
    """One size of database under measurement."""

    stand: Stand
    machine: Machine
    load: Load
    targets: Targets
    seconds: float
    series: dict[Way, Series] = field(default_factory=dict)

    def round(self, operations: Sequence[Operation]) -> None:
        """Measure each operation on each way, with one and with sixteen requests at once."""
        for operation in operations:
            token = self.machine.token()
            for lanes in AT_ONCE:
                for way in WAYS:
                    if operation.name == "step" and way != REFERENCE:
                        self._file(round(STEPS_A_SECOND[lanes] * self.seconds) + lanes)
                    loaded, cpu = self._measure(self._loading(operation, way, lanes, token))
                    kept = self.series.setdefault((operation.name, way, lanes), Series())
                    kept.add(loaded.latencies, loaded.seconds, cpu)

    def warm_up(self, operations: Sequence[Operation]) -> None:
        """Have every way used once before anything counts."""
        token = self.machine.token()
        for operation in operations:
            for way in WAYS:
                if operation.name == "step":
                    self._file(AT_ONCE[-1])
                loading = self._loading(operation, way, AT_ONCE[-1], token, WARM_SECONDS / len(operations))
                self.load.run(loading)

    def _loading(self, operation: Operation, way: str, lanes: int, token: str, seconds: float | None = None) -> Loading:
        authorization = {GATEWAY: self.machine.key, SERVICE: token, REFERENCE: None}[way]
        of_reference = way == REFERENCE
        asks = reference_asks(operation.reference, self.targets) if of_reference else operation.asks(self.targets)
        return Loading(
            self.stand.port(way),
            None if operation.name == "form" else authorization,
            asks,
            lanes,
            self.seconds if seconds is None else seconds,
            again=of_reference or operation.name != "step",
        )

    def _measure(self, loading: Loading) -> tuple[Loaded, Mapping[str, float]]:
        self.load.prepare(loading)
        before = asyncio.run(self.stand.used())
        loaded = self.load.go()
        return loaded, by_part(before, asyncio.run(self.stand.used()))

    def _file(self, number: int) -> None:
        """File complaints for steps to be taken on; not measured."""
        bodies = (complaint(CHANNELS[0], n) for n in range(number))
        asks = [Ask("POST", "/v1/complaints", body, 201) for body in bodies]
        loading = Loading(self.stand.port(GATEWAY), self.machine.key, asks, AT_ONCE[-1], 60.0, again=False)
        self.targets.fresh = self.load.run(loading).made


def measure(
    stand: Stand, machine: Machine, load: Load, complaints: int, only: Sequence[str], rounds: int, seconds: float
) -> dict[Way, Series]:
    """All figures of the operations named, in so many rounds of so many seconds each."""
    operations = [one for one in OPERATIONS if one.name in only]
    targets = Targets(machine.slug, asyncio.run(_sample(stand)), _notes(stand), deep_cursor(machine, complaints))
    measuring = Measuring(stand, machine, load, targets, seconds)
    measuring.warm_up(operations)
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}", flush=True)
        measuring.round(operations)
    return measuring.series


async def _sample(stand: Stand) -> list[str]:
    """Complaints from everywhere in the database."""
    async with stand.database("complaints") as connection:
        rows = await connection.fetch("SELECT id FROM complaint ORDER BY md5(id::text) LIMIT $1", SAMPLE)
    return [str(row["id"]) for row in rows]


def _notes(stand: Stand) -> list[str]:
    answer = httpx.get(f"http://127.0.0.1:{stand.port(REFERENCE)}/notes?limit={SAMPLE}", trust_env=False)
    return [str(note["id"]) for note in answer.json()]


def rows_of(series: Mapping[Way, Series]) -> Iterator[tuple[Operation, str, Series, Series, Series]]:
    """For each operation and way: its series with one and with sixteen at once, and the reference's with sixteen."""
    for operation in OPERATIONS:
        for way in reversed(WAYS):
            one = series.get((operation.name, way, 1))
            if one is not None:
                many, beside = (series[operation.name, other, AT_ONCE[-1]] for other in (way, REFERENCE))
                yield operation, way, one, many, beside
