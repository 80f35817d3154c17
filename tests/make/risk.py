"""Signals, found at risk as a client finds them."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx

from tests.make.broker import until_async
from tests.make.house import House

Json = dict[str, Any]


async def signals_of(client: httpx.AsyncClient, source: str) -> list[Json]:
    """The signals that a record raised."""
    answer = await client.get("/v1/signals", params={"source": source})
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def signals_raised_by(client: httpx.AsyncClient, source: str) -> list[Json]:
    """The same, as soon as there are any."""

    found: list[Json] = []

    async def there() -> bool:
        found[:] = await signals_of(client, source)
        return bool(found)

    await until_async(there)
    return found


async def until_handled(house: House, event_id: str) -> None:
    """Wait until risk has dealt with an event, whether it led to anything or not."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("risk"))
    try:

        async def dealt_with() -> bool:
            found = await connection.fetchval("SELECT true FROM inbox WHERE event_id = $1", UUID(event_id))
            return found is not None

        await until_async(dealt_with)
    finally:
        await connection.close()
