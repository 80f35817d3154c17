"""One run: a stack of its own, clients, faults, rest, evidence, and what the checker says."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.checker import Violation, check
from tests.chaos.clients import Client
from tests.chaos.evidence import gather
from tests.chaos.history import OUTCOMES, Call, Outcome, efforts
from tests.chaos.rest import come_to_rest
from tests.chaos.schedule import KINDS, schedule
from tests.chaos.victims import Struck, Victims
from tests.e2e.own_stack import OwnStack, own_stack

CLIENTS, FIRST_PORT = 6, 24000
REST_SECONDS = 150.0
SHOWN = 10
"""Violations of a kind that the report shows; all are counted."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found; `logs` is where the logs were kept, if they were."""

    seed: int
    seconds: float
    calls: Sequence[Call]
    struck: Sequence[Struck]
    violations: Sequence[Violation]
    rested: float
    logs: Path | None = None

    def lines(self) -> Iterator[str]:
        """The report for people."""
        outcomes, keyed = Counter(call.outcome for call in self.calls), efforts(self.calls).values()
        wholes = Counter(effort.outcome for effort in keyed)
        again = sum(len(effort.tries) > 1 for effort in keyed)
        replays = sum(call.replay for call in self.calls)
        slowest = max((call.ended - call.begun for call in self.calls), default=0.0)
        yield f"seed {self.seed}: {self.seconds:g} s of faults, {len(self.struck)} victims, {len(self.calls)} calls"
        yield f"  calls   {_counted(outcomes)}; the slowest took {slowest:.1f} s"
        yield f"  keys    {_counted(wholes)}; {again} were tried again, {replays} answers were asked for once more"
        yield "  victims"
        yield from (f"    {struck.at:7.2f} s  {struck.kind:12} {struck.told}" for struck in self.struck)
        yield f"  all was at rest {self.rested:.1f} s later"
        yield f"  violations: {len(self.violations)}"
        kinds = Counter(violation.kind for violation in self.violations)
        for kind, number in kinds.items():
            yield f"    {kind}: {number}"
            told = [violation.evidence for violation in self.violations if violation.kind == kind]
            yield from (f"      {evidence}" for evidence in told[:SHOWN])
        if self.logs is not None:
            yield f"  the logs are kept in {self.logs}"


def _counted(outcomes: Mapping[Outcome, int]) -> str:
    return ", ".join(f"{outcomes.get(name, 0)} {name}" for name in OUTCOMES)


def run(
    seed: int,
    seconds: float,
    *,
    kinds: Sequence[str] = KINDS,
    told: Mapping[str, str] | None = None,
    rest_seconds: float = REST_SECONDS,
    keep_logs: bool = False,
) -> Report:
    """A whole run; `told` is what the processes find in their environment.

    `keep_logs`: where something was violated, the logs outlive the stack.
    """
    with own_stack(FIRST_PORT, told) as stack:
        stack.lift_limits()
        stack.start()
        report = asyncio.run(_run(stack, seed, seconds, kinds, rest_seconds))
        return replace(report, logs=_kept(stack)) if keep_logs and report.violations else report


async def _run(stack: OwnStack, seed: int, seconds: float, kinds: Sequence[str], rest_seconds: float) -> Report:
    begun = time.monotonic()
    clients = [Client(stack, seed, number, begun) for number in range(CLIENTS)]
    striking = asyncio.create_task(Victims(stack, begun).strike(schedule(seed, seconds, kinds)))
    try:
        on = lambda: time.monotonic() < begun + seconds or not striking.done()  # noqa: E731
        await asyncio.gather(*(client.work(on) for client in clients))
    finally:
        striking.cancel()
    struck, over = await striking, time.monotonic()
    restless = await come_to_rest(stack, rest_seconds)
    rested = time.monotonic() - over
    calls = [call for client in clients for call in client.calls]
    violations = check(calls, await gather(stack, restless))
    return Report(seed, seconds, calls, struck, violations, rested)


def _kept(stack: OwnStack) -> Path:
    return Path(shutil.copytree(stack.home.logs, Path(tempfile.mkdtemp(prefix="surety-chaos-")) / "logs"))
