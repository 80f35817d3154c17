"""Rebuilds a stream that began empty: what the journal has of the last 7 days goes out once more.

python -m chassis.rebuild services.complaints
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta

from nats.js.api import StreamInfo

from chassis.broker import STREAM_KEEPS
from chassis.clock import utc_now
from chassis.database import Database
from chassis.faults import problem_of
from chassis.logs import configure_logs, log
from chassis.loops import wanted
from chassis.metrics import REBUILT
from chassis.sealing import vault_of
from chassis.service import service_of
from chassis.settings import Settings, load

BATCH = 5_000
# The relay empties the outbox meanwhile; a service with more than 100,000 waiting is not ready.
MOST_WAITING = 20_000
PAUSE_SECONDS, IDLE_SECONDS = 0.25, 10.0
KEEPS = timedelta(seconds=STREAM_KEEPS)

NOTE = "INSERT INTO rebuilding (stream_created_at, after, through) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
# One process at a time takes the next entries by their time, and all that share the last one's.
PUT_BACK = """
WITH due AS (
    SELECT stream_created_at, after, through FROM rebuilding WHERE after < through
    ORDER BY stream_created_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED
), edge AS (
    SELECT coalesce(max(at), (SELECT through FROM due)) AS at FROM (
        SELECT at FROM journal WHERE at > (SELECT after FROM due) AND at <= (SELECT through FROM due)
        ORDER BY at LIMIT $1
    ) AS batch
), put AS (
    INSERT INTO outbox (seq, provider_id)
    SELECT seq, provider_id FROM journal WHERE at > (SELECT after FROM due) AND at <= (SELECT at FROM edge)
    ON CONFLICT DO NOTHING RETURNING seq
), moved AS (
    UPDATE rebuilding SET after = (SELECT at FROM edge)
    WHERE stream_created_at = (SELECT stream_created_at FROM due) RETURNING after
)
SELECT (SELECT count(*) FROM put) FROM moved
"""
WAITING = "SELECT count(*) FROM (SELECT FROM outbox LIMIT $1) AS waiting"


class Rebuild:
    """Puts entries of one service's journal back into its outbox; any number of processes do it once together."""

    def __init__(self, database: Database, published: Callable[[], None]) -> None:
        """`database` is the worker's, whose role reads every provider's journal; `published` wakes the relay."""
        self._database, self._published = database, published
        self._noted = asyncio.Event()

    async def note(self, stream: StreamInfo) -> None:
        """Have the stream rebuilt if it has never held a message; each of its lives once, named by its beginning."""
        if stream.state.last_seq or stream.created is None:
            return
        now = self._database.clock()
        async with self._database.connection() as (_, driver):
            await driver.execute(NOTE, stream.created, now - KEEPS, now)
        self._noted.set()

    async def run(self) -> None:
        """Works until cancelled; takes up what another process left unfinished."""
        while wanted():
            self._noted.clear()
            try:
                await self.put_back()
            except Exception as error:
                log.warning("the stream could not be rebuilt", exc_info=problem_of(error, {}) is None)
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._noted.wait()
            except TimeoutError:
                continue

    async def put_back(self) -> int:
        """Put back all that is due, in batches, each when there is room in the outbox; returns how many entries."""
        entries = 0
        while wanted():
            async with self._database.connection() as (_, driver):
                room = await driver.fetchval(WAITING, MOST_WAITING) < MOST_WAITING
                put = await driver.fetchval(PUT_BACK, BATCH) if room else 0
            if put is None:
                break
            if put:
                entries += put
                REBUILT.inc(put)
                self._published()
            if not room:
                await asyncio.sleep(PAUSE_SECONDS)
        if entries:
            log.warning("the stream is rebuilt from the journal", entries=entries)
        return entries


async def rebuild_now(package: str) -> int:
    """Puts the last 7 days of a service's journal into its outbox, whatever its stream holds; returns how many.

    Its relay, which must be running, publishes them; all that react know by their inbox what they had.
    """
    service = service_of(package)
    settings = load(Settings, service.name)
    configure_logs(service.name, settings.log_level)
    database = Database(settings, "worker", vault_of(settings))
    try:
        now = utc_now()
        async with database.connection() as (_, driver):
            await driver.execute(NOTE, now, now - KEEPS, now)
        return await Rebuild(database, lambda: None).put_back()
    finally:
        await database.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [package]:
            print(f"{asyncio.run(rebuild_now(package))} entries of the journal go out again.")
        case _:
            sys.exit(__doc__)
