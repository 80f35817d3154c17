"""The bug: the relay remembers the last entry that it published, and looks only for what has a higher number."""

import os
from pathlib import Path

from chassis.broker import LARGEST_BATCH
from chassis.relay import Relay

BEYOND = """
SELECT seq, provider_id, id, type, subject, version, actor, at, correlation, causation, data::text AS data
FROM outbox JOIN journal USING (provider_id, seq)
WHERE seq > $1 ORDER BY seq LIMIT $2
"""

DELETE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"


def plant() -> None:
    """Numbers are drawn in one order and committed in another: what comes late is passed over for good."""

    async def publish_beyond(relay: Relay) -> int:
        await relay._broker.ensure_stream()
        note = Path(os.environ["SURETY_STACK"]) / f"last-id-{relay._broker.service}"
        last = int(note.read_text()) if note.exists() else 0
        async with relay._database.connection() as (_, driver):
            rows = await driver.fetch(BEYOND, last, LARGEST_BATCH)
            if not rows:
                return 0
            await relay._broker.publish_batch([relay._message(row) for row in rows])
            await driver.execute(DELETE, [row["seq"] for row in rows])
        unfinished = note.with_suffix(".new")
        unfinished.write_text(str(rows[-1]["seq"]))
        unfinished.rename(note)
        return len(rows)

    Relay.publish_waiting = publish_beyond  # type: ignore[assignment, method-assign]
