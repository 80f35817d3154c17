"""The bug: no outbox; what happened is published after the commit, from the memory of the process."""

from collections import deque
from uuid import UUID

from chassis import journal
from chassis.broker import LARGEST_BATCH
from chassis.db import UnitOfWork
from chassis.relay import Relay

NO_OUTBOX = "SELECT seq FROM entry"
REMEMBERED = """
SELECT seq, provider_id, id, type, subject, version, actor, at, correlation, causation, data::text AS data
FROM journal WHERE id = ANY($1::uuid[]) ORDER BY seq
"""


def plant() -> None:
    """What is still in memory when the process dies is told to nobody."""
    memory: deque[UUID] = deque()
    commit = UnitOfWork.commit

    async def commit_and_remember(unit: UnitOfWork) -> None:
        await commit(unit)
        memory.extend(entry.id for entry in unit.entries)

    async def publish_remembered(relay: Relay) -> int:
        await relay._broker.ensure_stream()
        ids = [memory[place] for place in range(min(len(memory), LARGEST_BATCH))]
        if ids:
            async with relay._database.connection() as (_, driver):
                rows = await driver.fetch(REMEMBERED, ids)
            await relay._broker.publish_batch([relay._message(row) for row in rows])
            for _ in ids:
                memory.popleft()
        return len(ids)

    journal.WRITE_OUTBOX = NO_OUTBOX
    UnitOfWork.commit = commit_and_remember  # type: ignore[assignment, method-assign]
    Relay.publish_waiting = publish_remembered  # type: ignore[assignment, method-assign]
