"""A file as large as may be, through the gateway and real processes: memory stays flat, and a kill loses nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from tests.e2e.own_stack import OwnStack, eventually, own_stack
from tests.make.imports import ADDRESS, COLUMNS, case, csv_of, form, mapping

pytestmark = pytest.mark.long

FILE_BYTES = 49_900_000
ROWS = 50_000
MOST_GROWTH = {"gateway": 40_000_000, "complaints": 80_000_000}
"""Bytes that a process may grow by while it handles the file: less than the file, whatever the allocator keeps."""


@dataclass
class Watched:
    """The most memory that processes held, each beside what it held before."""

    before: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    def growth(self) -> dict[str, int]:
        """Bytes by process."""
        return {name: self.most[name] - self.before[name] for name in self.before}


@asynccontextmanager
async def watching(stack: OwnStack, *names: str) -> AsyncIterator[Watched]:
    """Watches processes' memory; their process ids must stay."""
    processes = {name: stack.process(name) for name in names}
    watched = Watched({name: one.memory_info().rss for name, one in processes.items()})
    watched.most = dict(watched.before)

    async def look() -> None:
        while True:
            for name, process in processes.items():
                watched.most[name] = max(watched.most[name], process.memory_info().rss)
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        yield watched
    finally:
        looking.cancel()


def large_file() -> bytes:
    """50,000 cases that fill nearly 50 MB."""
    words = "The portal was down. " * ((FILE_BYTES // ROWS - 130) // 21)
    file = csv_of((case(f"C-{number}", what=words) for number in range(ROWS)), columns=COLUMNS)
    assert 45_000_000 < len(file) < 50_000_000
    return file


@pytest.fixture
def fresh() -> Iterator[OwnStack]:
    """A stack without a single case."""
    with own_stack() as stack:
        stack.start()
        yield stack


async def job_of(client: httpx.AsyncClient, address: str) -> dict[str, object]:
    """An import, as soon as somebody answers for it."""
    while True:
        answer = await client.get(address)
        if answer.status_code == 200:
            job: dict[str, object] = answer.json()
            return job
        await asyncio.sleep(0.2)


async def test_50_mb_go_through_in_bounded_memory_and_a_kill_loses_nothing(fresh: OwnStack) -> None:
    file = large_file()
    async with fresh.client("administrator") as client:
        client.timeout = httpx.Timeout(120)
        async with watching(fresh, "gateway", "complaints") as watched:
            begun = time.monotonic()
            answer = await client.post(ADDRESS, **form(file, mapping()))
            print(f"taken in {time.monotonic() - begun:.1f} s; growth {watched.growth()}")
        assert answer.status_code == 202, answer.text
        grown = watched.growth()
        assert {name for name in grown if grown[name] > MOST_GROWTH[name]} == set(), grown
        address, begun = answer.headers["Location"], time.monotonic()

        async def has_taken(rows: int) -> bool:
            job = await job_of(client, address)
            return int(str(job["created"])) >= rows or job["state"] in {"done", "failed"}

        await eventually(lambda: has_taken(2_000), "2,000 rows", 120)
        fresh.kill("complaints")
        await eventually(lambda: has_taken(ROWS), "all rows", 400)
        await eventually(lambda: has_ended(client, address), "the end", 60)
        print(f"{ROWS} rows in {time.monotonic() - begun:.1f} s")
        job = await job_of(client, address)
        assert (job["state"], job["created"], job["refused"]) == ("done", ROWS, 0)
        async with watching(fresh, "gateway", "complaints") as watched:
            begun = time.monotonic()
            numbers = await exported(client)
            print(f"exported in {time.monotonic() - begun:.1f} s; growth {watched.growth()}")
        assert {name: most for name, most in watched.growth().items() if most > 20_000_000} == {}
    assert len(numbers) == len(set(numbers)) == ROWS
    async with fresh.database("complaints") as database:
        for table in ("complaint", "complaint_party"):
            assert await database.fetchval(f"SELECT count(*) FROM {table}") == ROWS
        imported = "SELECT count(*) FROM journal WHERE type = 'complaints.complaint.imported.v1'"
        assert await database.fetchval(imported) == ROWS
        assert await database.fetchval("SELECT count(*) FROM import_part") == 0


async def has_ended(client: httpx.AsyncClient, address: str) -> bool:
    """Whether an import has ended."""
    return (await job_of(client, address))["state"] in {"done", "failed"}


async def exported(client: httpx.AsyncClient) -> list[str]:
    """The numbers of all complaints, read from a stream."""
    headers = {"Accept": "application/x-ndjson"}
    async with client.stream("GET", "/v1/complaints?origin=import", headers=headers) as answer:
        return [json.loads(line)["external_reference"]["id"] async for line in answer.aiter_lines()]
