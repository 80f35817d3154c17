"""When a stack has come to rest after the last fault: told by facts, waited for within bounds."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from deploy.stack import is_ready
from deploy.topology import SERVICES
from tests.chaos.evidence import heeds
from tests.e2e.own_stack import OwnStack

LOOK_SECONDS = 0.25

# Who compared when it was killed holds its lease no more: all faults are over.
AFRESH = "UPDATE reconciliation SET leased_until = NULL, due_at = now() RETURNING now()"
AGAIN = "UPDATE reconciliation SET due_at = now() WHERE producer = ANY($1::text[]) AND leased_until IS NULL"
COMPARED = "SELECT producer, finished_at, leased_until, fault, missing FROM reconciliation"


async def come_to_rest(stack: OwnStack, seconds: float) -> list[str]:
    """Wait until every service is ready, every outbox empty, and every consumer finds by comparison that it has all.

    Returns what is still restless after as many seconds; nothing when all is well.
    """
    until = time.monotonic() + seconds
    found = await _wait(lambda: _unready(stack), until)
    since: dict[str, datetime] = {}
    while not found and time.monotonic() < until:
        found = await _wait_for(stack, until)
        if found:
            break
        if not since:
            since = await _compare_afresh(stack)
        found = await _lacking(stack, since)
        if not found:
            return await _wait_for(stack, until)
        await asyncio.sleep(LOOK_SECONDS)
        if time.monotonic() < until:
            found = []
    return found


async def _wait_for(stack: OwnStack, until: float) -> list[str]:
    while (found := await _waiting(stack)) and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def _wait(look: Callable[[], list[str]], until: float) -> list[str]:
    while (found := await asyncio.to_thread(look)) and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
    return found


def _unready(stack: OwnStack) -> list[str]:
    ports = enumerate(SERVICES, start=stack.base)
    return [f"{service} is not ready" for port, service in ports if not is_ready(port)]


async def _waiting(stack: OwnStack) -> list[str]:
    waiting = []
    for service in SERVICES:
        async with stack.database(service) as connection:
            number = await connection.fetchval("SELECT count(*) FROM outbox")
        if number:
            waiting.append(f"{number} events of {service} wait in its outbox")
    return waiting


async def _compare_afresh(stack: OwnStack) -> dict[str, datetime]:
    since = {}
    for service in SERVICES:
        if heeds(service):
            async with stack.database(service) as connection:
                since[service] = await connection.fetchval(AFRESH)
    return since


async def _lacking(stack: OwnStack, since: dict[str, datetime]) -> list[str]:
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


def _settled(row: Any, begun: datetime) -> bool:
    """Whether a comparison came to its end since, and found nothing missing."""
    if row is None or row["finished_at"] is None or row["finished_at"] <= begun:
        return False
    return row["leased_until"] is None and row["fault"] is None and row["missing"] == 0
