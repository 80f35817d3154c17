"""From the commit of a complaint to the commit of what it sets off in another service, by PostgreSQL's own clock."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bench.filling import complaint
from bench.loading import Ask, Load, Loading
from bench.provider import CHANNELS, Machine
from bench.stand import Stand
from deploy.topology import StackError

RATE, LANES, BODIES = 200.0, 16, 500
FIFTH = 5
"""Every fifth complaint has a security concern."""
SETTLED_SECONDS, PAUSE = 60.0, 0.2

CAUSES = """
SELECT subject AS id, pg_xact_commit_timestamp(journal.xmin) AS at
FROM journal JOIN complaint ON complaint.id = subject
WHERE subject = ANY($1) AND journal.version = 1 AND concerns <> '{}'
"""
EFFECTS = "SELECT source_id AS id, pg_xact_commit_timestamp(xmin) AS at FROM signal WHERE source_id = ANY($1)"


@dataclass(frozen=True)
class Effects:
    """How long effects took, in seconds; how many writes a second there were, how late they began (p99, seconds)."""

    seconds: Sequence[float]
    rate: float
    late: float


async def keep_commit_times(stand: Stand) -> None:
    """Have PostgreSQL note when each transaction was committed, from its next start on."""
    async with stand.database("postgres") as connection:
        await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")


def measure_effects(stand: Stand, machine: Machine, load: Load, seconds: float) -> Effects:
    """File complaints, 200 a second, and compare the commits of those with a concern with those of their signals."""
    asks = [_ask(n) for n in range(BODIES)]
    load.run(Loading(stand.port("gateway"), machine.key, asks, LANES, 2.0))  # what a fresh start does once is done
    loaded = load.run(Loading(stand.port("gateway"), machine.key, asks, LANES, seconds, rate=RATE))
    made = [UUID(one) for one in loaded.made]
    late = sorted(loaded.late)[len(loaded.late) * 99 // 100]
    return Effects(asyncio.run(_commits(stand, made)), len(made) / loaded.seconds, late)


def _ask(n: int) -> Ask:
    concerns = ["security"] if n % FIFTH == 0 else []
    return Ask("POST", "/v1/complaints", complaint(CHANNELS[n % len(CHANNELS)], n) | {"concerns": concerns}, 201)


async def _commits(stand: Stand, made: Sequence[UUID]) -> list[float]:
    async with stand.database("complaints") as connection:
        causes = {row["id"]: row["at"] for row in await connection.fetch(CAUSES, made)}
    end = time.monotonic() + SETTLED_SECONDS
    async with stand.database("risk") as connection:
        while len(rows := await connection.fetch(EFFECTS, list(causes))) < len(causes):
            if time.monotonic() > end:
                raise StackError(f"Of {len(causes)} complaints with a concern only {len(rows)} became signals.")
            await asyncio.sleep(PAUSE)
    return [(row["at"] - causes[row["id"]]).total_seconds() for row in rows]
