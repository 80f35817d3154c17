"""The course of a measurement: start, fill, measure, start again, load; each step on what the one before left."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from bench.effect import Effects, keep_commit_times, measure_effects
from bench.figures import Series
from bench.filling import file_patterns, fill
from bench.importing import measure_imports
from bench.loading import Ask, Load, Loading
from bench.provider import Machine, prepare
from bench.rounds import Way, measure
from bench.stand import Stand
from deploy.seed import PROVIDER
from deploy.topology import BEHIND, StackError

KNOWN_SECONDS, PAUSE, REST_SECONDS = 120.0, 0.2, 5.0
PROVIDERS_A_SECOND, LANES = 150.0, 16
IMPORT = "import"
EFFECT = "effect"


@dataclass(frozen=True)
class Size:
    """How much is measured: complaints at which to measure, providers, rounds and seconds of each run, past cases."""

    complaints: Sequence[int]
    providers: int
    rounds: int
    seconds: float
    cases: int
    imports: int
    effect_seconds: float


SIZES = {
    "small": Size((10_000,), 1_000, 4, 0.35, 1_000, 3, 12.0),
    "full": Size((10_000, 1_000_000), 1_000, 6, 0.8, 5_000, 3, 30.0),
    "tiny": Size((200,), 5, 1, 0.1, 20, 1, 1.0),
}
"""`tiny` shows that the program works; its figures mean nothing."""


@dataclass
class Found:
    """All that was found: by number of complaints the series of each way and of imports, and the rest at the last."""

    size: Size
    providers: int
    series: dict[int, dict[Way, Series]] = field(default_factory=dict)
    imports: dict[int, Series] = field(default_factory=dict)
    cold: float | None = None
    warm: float | None = None
    rest: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    effects: Effects | None = None
    postgres: str = ""


def find(stand: Stand, load: Load, size: Size, only: Sequence[str], rounds: int) -> Found:
    """Measure what is named in `only`, the rest of a whole measurement too where that includes the effect."""
    whole = EFFECT in only
    found = Found(size, size.providers if whole else 1)
    with stand.ordinary() as found.cold:
        _say(f"started for the first time in {found.cold:.1f} s")
        if whole:
            _register(stand, load, found.providers - 1)
        machine = prepare(stand.home, stand.gateway)
        patterns = file_patterns(machine)
        asyncio.run(_known(stand, found.providers))
    filled = 0
    for complaints in size.complaints:
        with stand.apart(complaints):
            begun = time.monotonic()
            asyncio.run(fill(stand, patterns, filled, complaints))
            _say(f"{complaints:,} complaints after {time.monotonic() - begun:.1f} s")
            filled = complaints
            found.series[complaints] = measure(stand, machine, load, complaints, only, rounds, size.seconds)
            if IMPORT in only:
                found.imports[complaints] = measure_imports(stand, machine, size.cases, size.imports)
            asyncio.run(keep_commit_times(stand))
            found.postgres = asyncio.run(_version(stand))
    if whole:
        _load(stand, load, machine, found)
    return found


def _load(stand: Stand, load: Load, machine: Machine, found: Found) -> None:
    with stand.ordinary() as found.warm:
        _say(f"started again in {found.warm:.1f} s")
        time.sleep(REST_SECONDS)
        found.rest = stand.memory()
        found.effects = measure_effects(stand, machine, load, found.size.effect_seconds)
        found.loaded = stand.memory()


def _register(stand: Stand, load: Load, number: int) -> None:
    """Register providers through the gateway, within its rates."""
    bodies: list[dict[str, Any]] = [
        PROVIDER | {"slug": f"provider-{n}", "name": f"Provider {n}"} for n in range(number)
    ]
    asks = [Ask("POST", "/v1/providers", body, HTTPStatus.CREATED) for body in bodies]
    key = stand.home.secrets.operator_key
    load.run(Loading(stand.port("gateway"), key, asks, LANES, 600.0, again=False, rate=PROVIDERS_A_SECOND))


async def _known(stand: Stand, number: int) -> None:
    """Wait until every service knows so many providers."""
    end = time.monotonic() + KNOWN_SECONDS
    for service in BEHIND:
        async with stand.database(service) as connection:
            while (known := await connection.fetchval("SELECT count(*) FROM provider")) < number:
                if time.monotonic() > end:
                    raise StackError(f"The service {service} knows {known} of {number} providers only.")
                await asyncio.sleep(PAUSE)
    _say(f"{number:,} providers")


async def _version(stand: Stand) -> str:
    async with stand.database("postgres") as connection:
        return str(await connection.fetchval("SHOW server_version"))


def _say(what: str) -> None:
    print(f"  {what}", flush=True)
