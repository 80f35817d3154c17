"""What was measured as Markdown, put between markers so that the words around stay."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import APART, STACK, Budget, Series
from bench.rounds import GATEWAY, SERVICE, Way, rows_of
from bench.stand import REFERENCE

END = "<!-- /bench -->"
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


def budgets(held: Iterable[Budget]) -> str:
    """Figures beside what they must and should not exceed."""
    rows = [
        [
            one.what,
            _number(one.figure, one.unit),
            _number(one.budget, one.unit),
            _number(one.goal, one.unit),
            one.verdict(),
        ]
        for one in held
    ]
    return table(("", "figure", "budget", "goal", ""), rows)


def machine(postgres: str) -> str:
    """When and on what it was measured, in one line."""
    python = platform.python_version()
    fastapi = importlib.metadata.version("fastapi")
    now = datetime.now(UTC)
    return (
        f"{now:%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores, {_model()}, Linux {platform.release().split('-')[0]}; "
        f"Python {python}, FastAPI {fastapi}, PostgreSQL {postgres}."
    )


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
