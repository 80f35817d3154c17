"""Files past cases through the running gateway as any client would, and checks what became of them: `make demo`."""

import asyncio
import json
import sys
import time
from asyncio import sleep
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from deploy.cases import PRIORITIES, SYSTEM, Case, Figures, category_code, count, read_cases
from deploy.home import ROOT, Home

WHOLE, EXCERPT = ROOT.parent / "shared/data/incident_event_log.csv", ROOT / "tests/data/incident_event_log_excerpt.csv"
LANES = 8
ALL_SECONDS, SIGNALS_SECONDS, CALL_SECONDS = 900.0, 120.0, 20.0
FIRST_PAUSE, LONGEST_PAUSE, LOOK_SECONDS = 0.1, 5.0, 0.25
LARGEST_PAGE = 200
PASSING = frozenset({"urn:surety:problem:in_progress", "urn:surety:problem:busy"})
"""Refusals with 409 that a second try may not meet."""
CONFLICT = "urn:surety:problem:conflict"


class DemoError(Exception):
    """The demonstration cannot go on; the message is for the person who started it."""


@dataclass(frozen=True)
class Row:
    """One line of the comparison: a count of the file, and the same count as the gateway tells it."""

    name: str
    expected: int
    found: int


class Gateway:
    """The API as one client uses it: what fails for a passing reason is tried again until it succeeds."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.trouble: str | None = None

    async def reach(self) -> None:
        """Raises DemoError when nobody listens."""
        try:
            await self._client.get("/livez")
        except httpx.TransportError as error:
            raise DemoError(f"{self._client.base_url} does not answer. Start Surety first: make run") from error

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to a request, as soon as there is one that is not a passing trouble; `trouble` names the last."""
        pause = FIRST_PAUSE
        while True:
            wait = 0.0
            try:
                answer = await self._client.request(method, path, **request)
            except httpx.TransportError as error:
                self.trouble = repr(error)
            else:
                if not _passes(answer):
                    return answer
                self.trouble = f"{answer.status_code} {answer.text}"
                wait = _retry_after(answer)
            await sleep(max(wait, pause))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def items(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """All items of a list, page by page; raises DemoError when it is refused."""
        cursor: str | None = None
        while True:
            params = {"limit": LARGEST_PAGE} | ({"cursor": cursor} if cursor else {})
            answer = await self.call("GET", path, params=params)
            if answer.status_code != HTTPStatus.OK:
                raise DemoError(f"The list {path} was refused: {answer.status_code} {answer.text}")
            page = answer.json()
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return


def _passes(answer: httpx.Response) -> bool:
    return (
        answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        or (answer.status_code == HTTPStatus.CONFLICT and _kind(answer) in PASSING)
    )


def _kind(answer: httpx.Response) -> str | None:
    kind: str | None = answer.json().get("type")
    return kind


def _retry_after(answer: httpx.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else 0.0


async def file_all(handler: Gateway, cases: list[Case]) -> None:
    """Files each case in one of a few lanes side by side; raises DemoError when one is refused for good."""
    waiting = iter(cases)

    async def lane() -> None:
        for case in waiting:
            await _file(handler, case)
            bar.update()

    with tqdm(total=len(cases), unit=" cases") as bar:
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(LANES):
                    lanes.create_task(lane())
        except ExceptionGroup as refusals:
            raise refusals.exceptions[0] from None


async def _file(handler: Gateway, case: Case) -> None:
    """Files a case; one that is there already, whoever filed it, is as good."""
    headers = {"Idempotency-Key": case.key}
    answer = await handler.call("POST", "/v1/complaints", json=case.complaint, headers=headers)
    there = answer.status_code == HTTPStatus.CONFLICT and _kind(answer) == CONFLICT
    if answer.status_code != HTTPStatus.CREATED and not there:
        raise DemoError(f"Case {case.number} was refused: {answer.status_code} {answer.text}")


async def filed(reader: Gateway, cases: list[Case]) -> list[dict[str, Any]]:
    """The complaints that bear the number of one of the cases."""
    numbers = {case.number for case in cases}
    return [item async for item in reader.items("/v1/complaints") if _number(item) in numbers]


def _number(complaint: dict[str, Any]) -> str | None:
    reference = complaint["external_reference"] or {}
    return reference.get("id") if reference.get("system") == SYSTEM else None


async def signals_of(reader: Gateway, complaints: list[dict[str, Any]]) -> Counter[str]:
    """How many signals each complaint raised, once all with a concern raised one, or two minutes have passed."""
    ids = {complaint["id"] for complaint in complaints}
    wanted = {complaint["id"] for complaint in complaints if complaint["concerns"]}
    end = time.monotonic() + SIGNALS_SECONDS
    while True:
        sources = [item["source_id"] async for item in reader.items("/v1/signals")]
        raised = Counter[str](source for source in sources if source in ids)
        if wanted <= raised.keys() or time.monotonic() > end:
            return raised
        await sleep(LOOK_SECONDS)


def compare(expected: Figures, complaints: list[dict[str, Any]], signals: Counter[str]) -> Iterator[Row]:
    """The figures of the file beside those of the complaints and their signals."""
    concerned = [complaint["id"] for complaint in complaints if complaint["concerns"] == ["security"]]
    yield Row("cases", expected.cases, len({_number(complaint) for complaint in complaints}))
    yield Row("complaints", expected.cases, len(complaints))
    categories = Counter(complaint["category"] for complaint in complaints)
    for label, number in expected.categories.most_common():
        yield Row(label.replace("?", "category unknown"), number, categories.pop(category_code(label), 0))
    yield Row("other categories", 0, categories.total())
    priorities = Counter(complaint["priority"] for complaint in complaints)
    for label in PRIORITIES:
        yield Row(label, expected.priorities[label], priorities[PRIORITIES[label]])
    yield Row("with a security concern", expected.concerned, len(concerned))
    yield Row("signals that they raised", expected.concerned, signals.total())
    yield Row("that raised exactly one", expected.concerned, sum(signals[one] == 1 for one in concerned))


def table(rows: list[Row]) -> str:
    """The comparison for people; a line that is not equal is marked."""
    lines = [f"{'':26}{'in the file':>12}{'in Surety':>12}"]
    for row in rows:
        mark = "" if row.expected == row.found else "  differs"
        lines.append(f"{row.name:26}{row.expected:12}{row.found:12}{mark}")
    return "\n".join(lines)


async def demonstrate(credentials: dict[str, Any], file: Path) -> bool:
    """Files the cases of a file and prints what became of them; whether all figures are equal. Raises DemoError."""
    cases, keys = read_cases(file), credentials["keys"]
    print(f"{len(cases)} cases of {file.name} go to {credentials['gateway']}")
    url = credentials["gateway"]
    async with _client(url, keys["complaint_handler"]) as handlers, _client(url, keys["reader"]) as readers:
        handler, reader = Gateway(handlers), Gateway(readers)
        await reader.reach()
        try:
            async with asyncio.timeout(ALL_SECONDS):
                before, begun = len(await filed(reader, cases)), time.monotonic()
                await file_all(handler, cases)
                seconds = time.monotonic() - begun
                complaints = await filed(reader, cases)
                signals = await signals_of(reader, complaints)
        except TimeoutError as error:
            trouble = handler.trouble or reader.trouble
            raise DemoError(f"Given up after {ALL_SECONDS:g} s. The last trouble: {trouble}") from error
    print(f"Filed in {seconds:.1f} s; {before} were there before, {len(complaints) - before} are new.\n")
    rows = list(compare(count(file), complaints, signals))
    equal = all(row.expected == row.found for row in rows)
    print(table(rows), "All figures are equal." if equal else "Some figures differ.", sep="\n\n")
    return equal


def _client(url: str, key: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"}
    limits = httpx.Limits(max_connections=LANES)
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=CALL_SECONDS, limits=limits, trust_env=False)


def run(arguments: list[str]) -> bool:
    """The demonstration with a file that was named, else with the whole log beside the checkout, else the excerpt."""
    credentials = Home.from_environment().credentials
    if not credentials.exists():
        raise DemoError(f"There is no {credentials}. Start Surety first: make run")
    file = Path(arguments[0]) if arguments else WHOLE if WHOLE.exists() else EXCERPT
    if not file.is_file():
        raise DemoError(f"There is no file {file}.")
    return asyncio.run(demonstrate(json.loads(credentials.read_text(encoding="utf-8")), file))


def main(arguments: list[str]) -> int:
    """The command line; the exit code is 0 when all figures are equal."""
    try:
        return 0 if run(arguments) else 1
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Run it again: it goes on where it was.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
