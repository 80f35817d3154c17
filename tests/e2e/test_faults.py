"""Processes are killed while the demonstration files its cases: nothing is lost, nothing doubled, all comes back."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest

from deploy.cases import read_cases
from deploy.demo import EXCERPT
from deploy.home import ROOT
from deploy.topology import BEHIND
from tests.e2e.own_stack import OwnStack, end, eventually, own_stack, runs

pytestmark = pytest.mark.long

CASES = read_cases(EXCERPT)
CONCERNED = sum(bool(case.complaint["concerns"]) for case in CASES)
KILLED_AT = {10: "risk", 20: "nats", 40: "complaints", 60: "gateway", 80: "postgres"}
"""How many cases have arrived when which process is killed."""
WARM_SECONDS = 20.0
"""Twice the budget of a warm start, for a machine that has other work."""


@pytest.fixture
def fresh() -> Iterator[OwnStack]:
    """A stack without a single case."""
    with own_stack() as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def filled() -> Iterator[OwnStack]:
    """A stack with all cases of the excerpt."""
    with own_stack() as stack:
        stack.start()
        finish(demonstration(stack))
        yield stack


async def column(stack: OwnStack, service: str, query: str) -> list[Any]:
    """The first column of a query on a service's database, all providers seen."""
    async with stack.database(service) as connection:
        return [row[0] for row in await connection.fetch(query)]


def demonstration(stack: OwnStack) -> "subprocess.Popen[str]":
    """`make demo data=<the excerpt>`, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", str(EXCERPT)],
        cwd=ROOT,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(running: "subprocess.Popen[str]") -> str:
    """What a demonstration printed; it must have found all figures equal."""
    try:
        output, _ = running.communicate(timeout=240)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0, output
    assert "All figures are equal." in output
    return output


async def arrived(stack: OwnStack, number: int) -> int:
    """Wait until so many cases have arrived; how many it were then."""
    async with stack.database("complaints") as connection:

        async def enough() -> bool:
            return int(await connection.fetchval("SELECT count(*) FROM complaint")) >= number

        await eventually(enough, f"{number} cases arrived")
        return int(await connection.fetchval("SELECT count(*) FROM complaint"))


async def runs_again(stack: OwnStack, name: str, pid: int) -> None:
    """Wait until a killed process is there again as another one."""

    async def there() -> bool:
        with suppress(LookupError, psutil.Error):
            return stack.process(name).pid != pid
        return False

    await eventually(there, f"{name} runs again")


async def check_that_all_arrived_once(stack: OwnStack) -> None:
    """The databases hold every case once, journals without gaps, one signal for each concern, and nothing waits."""

    async def published() -> bool:
        return not any([await column(stack, service, "SELECT seq FROM outbox") for service in BEHIND])

    await eventually(published, "all outboxes are empty")
    numbers = await column(stack, "complaints", "SELECT external_id FROM complaint WHERE external_id IS NOT NULL")
    assert sorted(numbers) == sorted(case.number for case in CASES)
    for service, table in (("complaints", "complaint"), ("risk", "signal")):
        assert await column(stack, service, GAPS.format(table=table)) == []
        assert await column(stack, service, STRAY.format(table=table)) == []
    concerned = await column(stack, "complaints", "SELECT id FROM complaint WHERE concerns = ARRAY['security']")
    assert len(concerned) == CONCERNED
    received = await column(stack, "complaints", "SELECT id FROM journal WHERE type LIKE '%.complaint.received.%'")

    async def handled() -> bool:
        return set(received) <= set(await column(stack, "risk", "SELECT event_id FROM inbox"))

    await eventually(handled, "risk has dealt with every received complaint")
    assert sorted(await column(stack, "risk", "SELECT source_id FROM signal")) == sorted(concerned)
    for service in BEHIND:
        assert await column(stack, service, "SELECT reason FROM dead_letter") == []


GAPS = """
SELECT {table}.id FROM {table} LEFT JOIN journal ON journal.subject = {table}.id
GROUP BY {table}.provider_id, {table}.id
HAVING array_agg(journal.version ORDER BY journal.version)
    IS DISTINCT FROM ARRAY(SELECT generate_series(1, {table}.version))
"""
COMPARED = """
SELECT producer FROM reconciliation
WHERE fault IS NULL AND leased_until IS NULL AND finished_at IS NOT NULL AND due_at > now()
"""
STRAY = "SELECT id FROM journal WHERE subject NOT IN (SELECT id FROM {table})"


async def test_the_demonstration_outlives_the_kill_of_one_process_after_the_other(fresh: OwnStack) -> None:
    running = demonstration(fresh)
    killed = {}
    for number, name in KILLED_AT.items():  # the next one without waiting: the client files on meanwhile
        assert await arrived(fresh, number) < len(CASES), "too late to be in the middle"
        killed[name] = fresh.kill(name)
    for name, pid in killed.items():
        await runs_again(fresh, name, pid)
    await asyncio.to_thread(finish, running)
    await check_that_all_arrived_once(fresh)


async def test_a_second_demonstration_adds_nothing(filled: OwnStack) -> None:
    output = await asyncio.to_thread(finish, demonstration(filled))
    assert "200 were there before, 0 are new." in output
    await check_that_all_arrived_once(filled)


async def test_after_a_hard_kill_of_everything_the_next_start_recovers_by_itself(filled: OwnStack) -> None:
    before = filled.credentials
    end(filled.everything())
    await asyncio.to_thread(filled.start)
    assert filled.credentials == before
    await check_that_all_arrived_once(filled)
    async with filled.client("complaint_handler") as handler:
        body = {"words": "Still there?", "parties": [{"address": "Location 1"}]}
        answer = await handler.post("/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text


async def test_after_the_store_of_nats_was_deleted_under_it_every_reaction_happens_once(fresh: OwnStack) -> None:
    fresh.process("risk").suspend()  # what is published from now on reaches nobody
    async with fresh.client("complaint_handler") as handler:
        for number in range(20):
            body = {"words": "Who was in my account?", "parties": [{"address": str(number)}], "concerns": ["security"]}
            answer = await handler.post("/v1/complaints", json=body)
            assert answer.status_code == 201, answer.text

    async def published() -> bool:
        return not await column(fresh, "complaints", "SELECT seq FROM outbox")

    await eventually(published, "everything is confirmed by NATS")
    shutil.rmtree(fresh.home.nats / "jetstream")
    pid = fresh.kill("nats")
    await runs_again(fresh, "nats", pid)
    fresh.process("risk").resume()

    async def raised() -> bool:
        return len(await column(fresh, "risk", "SELECT id FROM signal")) >= 20

    await eventually(raised, "every complaint has raised its signal")
    sources = await column(fresh, "risk", "SELECT source_id FROM signal")
    assert sorted(sources) == sorted(await column(fresh, "complaints", "SELECT id FROM complaint"))
    await column(fresh, "risk", "UPDATE reconciliation SET due_at = now()")

    async def compared() -> bool:
        return sorted(await column(fresh, "risk", COMPARED)) == ["complaints", "gateway"]

    await eventually(compared, "risk has compared with its producers")
    assert await column(fresh, "risk", "SELECT sum(missing)::int FROM reconciliation") == [0]


async def test_a_start_after_a_kill_of_the_supervisor_alone_ends_what_it_left(filled: OwnStack) -> None:
    left = filled.everything()
    end(left[:1])
    await asyncio.to_thread(filled.start)
    assert [process for process in left if runs(process)] == []
    await check_that_all_arrived_once(filled)


def test_a_warm_start_is_quick(filled: OwnStack, capsys: pytest.CaptureFixture[str]) -> None:
    filled.stop()
    seconds = filled.start()
    with capsys.disabled():
        print(f"\na warm start took {seconds:.1f} s")
    assert seconds < WARM_SECONDS
