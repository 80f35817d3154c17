"""When a stack has come to rest after the last fault: told by facts, waited for within bounds."""

import asyncio
import time
from datetime import datetime
from typing import Any

from deploy.topology import SERVICES
from tests.chaos.evidence import heeds
from tests.chaos.stand import Stand

LOOK_SECONDS = 0.25

# Who compared when it was killed holds its lease no more: all faults are over.
AFRESH = "UPDATE reconciliation SET leased_until = NULL, due_at = now() RETURNING now()"
AGAIN = "UPDATE reconciliation SET due_at = now() WHERE producer = ANY($1::text[]) AND leased_until IS NULL"
COMPARED = "SELECT producer, finished_at, leased_until, fault, missing FROM reconciliation"


async def come_to_rest(stack: Stand, seconds: float) -> list[str]:
    """Wait until every service is ready, every outbox empty, and every consumer has compared itself and lacks nothing.

    Returns what is still restless after as many seconds; nothing when all is well.
    """
    until = time.monotonic() + seconds
    since: dict[str, datetime] = {}
    while True:
        found = await asyncio.to_thread(stack.unready) or await _waiting(stack)
        if not found:
            since = since or await _compare_afresh(stack)
            found = [*await _uncompared(stack, since), *await _unheard(stack)] or await _waiting(stack)
        if not found or time.monotonic() > until:
            return found
        await asyncio.sleep(LOOK_SECONDS)


async def _waiting(stack: Stand) -> list[str]:
    waiting = []
    for service in SERVICES:
        async with stack.database(service) as connection:
            number = await connection.fetchval("SELECT count(*) FROM outbox")
        if number:
            waiting.append(f"{number} events of {service} wait in its outbox")
    return waiting


async def _compare_afresh(stack: Stand) -> dict[str, datetime]:
    since = {}
    for service in SERVICES:
        if heeds(service):
            async with stack.database(service) as connection:
                since[service] = await connection.fetchval(AFRESH)
    return since


async def _uncompared(stack: Stand, since: dict[str, datetime]) -> list[str]:
    """The comparisons that did not come to their end since, or found something missing; they are asked for again."""
    lacking = []
    for service, begun in since.items():
        producers = {event_type.partition(".")[0] for event_type in heeds(service)}
        async with stack.database(service) as connection:
            rows: dict[str, Any] = {row["producer"]: row for row in await connection.fetch(COMPARED)}
            restless = [producer for producer in sorted(producers) if not _settled(rows.get(producer), begun)]
            if restless:
                await connection.execute(AGAIN, restless)
        lacking += [f"{service} has not compared itself with {producer}: {rows.get(producer)}" for producer in restless]
    return lacking


async def _unheard(stack: Stand) -> list[str]:
    """The consumers that lack events; what is a minute old is found by their comparisons, which are asked for again."""
    told: dict[str, str] = {}
    for service in SERVICES:
        async with stack.database(service) as connection:
            told |= {row["id"]: row["type"] for row in await connection.fetch("SELECT id::text, type FROM journal")}
    unheard = []
    for service in SERVICES:
        if wanted := heeds(service):
            async with stack.database(service) as connection:
                heard = {row[0] for row in await connection.fetch("SELECT event_id::text FROM inbox")}
                missing = [event for event, kind in told.items() if kind in wanted and event not in heard]
                if missing:
                    await connection.execute(AGAIN, list(SERVICES))
            unheard += [f"{service} has not heard of {len(missing)} events"] if missing else []
    return unheard


def _settled(row: Any, begun: datetime) -> bool:
    """Whether a comparison came to its end since, and found nothing missing."""
    if row is None or row["finished_at"] is None or row["finished_at"] <= begun:
        return False
    return row["leased_until"] is None and row["fault"] is None and row["missing"] == 0
