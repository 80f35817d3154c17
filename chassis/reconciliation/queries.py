"""Counts and digests of event ids by the hour, computed by the same words on both sides.

The digest is the SHA-256 of the hour's ids, sorted, 16 bytes each: it does not depend on the order of arrival, and two
sets with one digest would be a collision of SHA-256. UUIDs sort alike everywhere, for they are compared as bytes.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chassis.reconciliation.schemas import ENTRIES_PAGE, HOURS_PAGE, Hour

if TYPE_CHECKING:
    import asyncpg

_BY_HOUR = """
SELECT date_trunc('hour', at, 'UTC') AS hour, count(*) AS events,
       encode(sha256(string_agg(uuid_send({id}), ''::bytea ORDER BY {id})), 'hex') AS digest
FROM {table} WHERE {condition} GROUP BY 1 ORDER BY 1
"""
_BETWEEN = "type = ANY($1::text[]) AND at >= $2 AND at < $3"
# What waits in the outbox is on its way, and not missing.
_SETTLED = _BETWEEN + " AND NOT EXISTS (SELECT FROM outbox WHERE outbox.seq = journal.seq)"

JOURNAL_DIGESTS = _BY_HOUR.format(table="journal", id="id", condition=_SETTLED)
INBOX_DIGESTS = _BY_HOUR.format(table="inbox", id="event_id", condition=_BETWEEN)
JOURNAL_IDS = """
SELECT id FROM journal
WHERE type = ANY($1::text[]) AND at >= $2 AND at < $3 AND id > $4
    AND NOT EXISTS (SELECT FROM outbox WHERE outbox.seq = journal.seq)
ORDER BY id LIMIT $5
"""
FIRST = "SELECT min(at) FROM journal"
OLDEST_WAITING = "SELECT at FROM outbox JOIN journal USING (provider_id, seq) ORDER BY outbox.seq LIMIT 1"
PAGE_END = "SELECT at FROM journal WHERE at >= $1 AND at < $2 ORDER BY at OFFSET $3 LIMIT 1"
REPLAY = """
INSERT INTO outbox (seq, provider_id)
SELECT seq, provider_id FROM journal
WHERE type = ANY($1::text[]) AND at >= $2 AND at < $3 AND id = ANY($4::uuid[]) ORDER BY seq
ON CONFLICT DO NOTHING RETURNING seq
"""
UNKNOWN = """
SELECT id FROM unnest($1::uuid[]) AS told (id)
WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = id) AND NOT EXISTS (SELECT FROM dead_letter WHERE event_id = id)
"""


async def page_end(driver: "asyncpg.Connection[Any]", since: datetime, until: datetime) -> datetime:
    """Where a page of digests from `since` ends: after 8 days or about 300,000 entries, whichever comes first."""
    end = min(until, since + timedelta(hours=HOURS_PAGE))
    full: datetime | None = await driver.fetchval(PAGE_END, since, end, ENTRIES_PAGE)
    return end if full is None or full <= since else full


async def digests(
    driver: "asyncpg.Connection[Any]", query: str, types: list[str], since: datetime, until: datetime
) -> list[Hour]:
    """Hours with events; `query` says whose: `JOURNAL_DIGESTS` or `INBOX_DIGESTS`."""
    return [Hour(*row) for row in await driver.fetch(query, types, since, until)]


async def unknown(driver: "asyncpg.Connection[Any]", ids: list[UUID]) -> list[UUID]:
    """Those of the ids that were neither handled here nor given up as dead letters."""
    return [row["id"] for row in await driver.fetch(UNKNOWN, ids)]
