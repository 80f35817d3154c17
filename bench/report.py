"""What was measured as Markdown, put between markers so that the words around stay."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.effect import RATE
from bench.figures import APART, STACK, Budget, Series, percentile
from bench.program import Found
from bench.rounds import AT_ONCE, GATEWAY, SERVICE, Way, rows_of
from bench.stand import REFERENCE

END = "<!-- /bench -->"
BUSY = AT_ONCE[-1]
"""Requests at once at which budgets of CPU are held (decision 12)."""
CPU_BUDGETS = {"create": (3.0, 1.8, 0.415), "read": (1.5, 1.0, 0.295), "list": (2.0, 1.3, 0.44)}
"""Budget and goal of each kind of request, and what its reference took where they were made: ms (decision 12)."""
NAMES = {GATEWAY: "gateway", SERVICE: "service alone", REFERENCE: "reference"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every column but the first is aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def speed(series: Mapping[Way, Series]) -> str:
    """Requests a second and latencies, with one and with sixteen requests at once."""
    head = ("", "by", "1: req/s", "p50 ms", "p99 ms", "16: req/s", "p50 ms", "p99 ms")
    rows = []
    for operation, way, one, many, _ in rows_of(series):
        figures = [f(s) for s in (one, many) for f in (_rate, lambda s: _ms(s.at(50)), lambda s: _ms(s.at(99)))]
        rows.append([operation.title, NAMES[way], *figures])
    return table(head, rows)


def cpu(series: Mapping[Way, Series]) -> str:
    """CPU for one request by process, and the whole beside the reference's."""
    head = ("CPU ms, 16 at once", "by", *STACK, "sum", "sum, 1 at once", "× reference", *APART)
    rows = []
    for operation, way, one, many, beside in rows_of(series):
        parts = [_ms(many.cpu_of(part)) for part in STACK]
        ratio = many.cpu_of(*STACK) / beside.cpu_of(*STACK)
        apart = [_ms(many.cpu_of(part)) for part in APART]
        sums = [_ms(many.cpu_of(*STACK)), _ms(one.cpu_of(*STACK))]
        rows.append([operation.title, NAMES[way], *parts, *sums, f"{ratio:.1f}", *apart])
    return table(head, rows)


def whole(found: Found) -> str:
    """All that was found: the budgets first, then the figures behind them."""
    parts = [f"Measured {_circumstances(found)}\n"]
    held = list(_budgets(found))
    if held:
        parts.append(table(("", "figure", "budget", "goal", ""), map(_budget, held)))
    for complaints, series in found.series.items():
        if series:
            parts += [f"**{complaints:,} complaints**\n", speed(series), cpu(series)]
        if complaints in found.imports:
            parts.append(_imports(found.imports[complaints], found.size.cases))
    if found.rest:
        parts.append(_memory(found.rest, found.loaded))
    return "\n".join(parts)


def _budgets(found: Found) -> Iterator[Budget]:
    *smaller, largest = found.size.complaints
    series = found.series[largest]
    for name, (budget, goal, reference) in CPU_BUDGETS.items():
        if (name, GATEWAY, BUSY) in series:
            figure, beside = (series[name, way, BUSY].cpu_of(*STACK) for way in (GATEWAY, REFERENCE))
            yield Budget(f"CPU of {name}", "ms", 1000 * figure, budget, goal)
            yield Budget(f"CPU of {name} ÷ reference", "×", figure / beside, budget / reference, goal / reference)
        for fewer in smaller:
            if (name, GATEWAY, AT_ONCE[0]) in series:
                here, there = (one[name, GATEWAY, AT_ONCE[0]] for one in (series, found.series[fewer]))
                growth = f"{name} at {largest:,} ÷ at {fewer:,}"
                yield Budget(f"{growth}, CPU", "×", here.cpu_of(*STACK) / there.cpu_of(*STACK), 1.3, 1.1)
                yield Budget(f"{growth}, p50", "×", here.at(50) / there.at(50), 1.3, 1.1)
    if found.effects is not None and found.warm is not None:
        short = max(0.0, RATE - found.effects.rate)
        yield Budget(f"writes a second short of {RATE:.0f}", "", short, RATE / 20, None)
        yield Budget("commit → effect, p50", "ms", 1000 * percentile(found.effects.seconds, 50), 20.0, 5.0)
        yield Budget("commit → effect, p99", "ms", 1000 * percentile(found.effects.seconds, 99), 200.0, None)
        yield Budget("warm start", "s", found.warm, 10.0, None)
        yield Budget("whole stack at rest, PSS", "MB", sum(found.rest.values()) / 1e6, 900.0, 650.0)
        yield Budget("whole stack after load, PSS", "MB", sum(found.loaded.values()) / 1e6, 900.0, 650.0)


def _budget(one: Budget) -> list[str]:
    return [one.what, *(_number(value, one.unit) for value in (one.figure, one.budget, one.goal)), one.verdict()]


def _imports(series: Series, cases: int) -> str:
    parts = ", ".join(f"{part} {_ms(series.cpu_of(part))}" for part in (*STACK, *APART))
    return (
        f"Import: {series.rate:,.0f} rows a second, files of {cases:,} from the request to the end of the job. "
        f"CPU ms for a row: {parts}.\n"
    )


def _memory(rest: Mapping[str, int], loaded: Mapping[str, int]) -> str:
    rows = [[name, *(f"{held.get(name, 0) / 1e6:.0f}" for held in (rest, loaded))] for name in loaded]
    return table(("PSS in MB", "at rest", "after load"), rows)


def _circumstances(found: Found) -> str:
    """When, on what, and at which size it was measured."""
    sizes = " and ".join(f"{one:,}" for one in found.size.complaints)
    versions = f"Python {platform.python_version()}, FastAPI {importlib.metadata.version('fastapi')}"
    told = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC;",
        f"{os.cpu_count()} cores, {_model()}, Linux {platform.release().split('-')[0]};",
        f"{versions}, PostgreSQL {found.postgres}; {found.providers:,} providers, {sizes} complaints.",
    ]
    if found.cold is not None:
        told.append(f"First start {found.cold:.1f} s.")
    if found.effects is not None:
        effects = found.effects
        told.append(
            f"Effects: {len(effects.seconds):,} of them at {effects.rate:.0f} writes a second, which began at most "
            f"{1000 * effects.late:.0f} ms late (p99)."
        )
    return " ".join(told)


def put(text: str, size: str, report: str) -> str:
    """A document with the report between the markers of its size; at the end where there are none."""
    begin = f"<!-- bench:{size} -->"
    whole = f"{begin}\n\n{report.strip()}\n\n{END}"
    between = re.compile(re.escape(begin) + r".*?" + re.escape(END), re.DOTALL)
    if between.search(text):
        return between.sub(lambda _: whole, text, count=1)
    return f"{text.rstrip()}\n\n{whole}\n".lstrip()


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _rate(series: Series) -> str:
    return f"{series.rate:,.0f}"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f}"


def _number(figure: float | None, unit: str) -> str:
    return "" if figure is None else f"{figure:,.3g} {unit}".strip()
