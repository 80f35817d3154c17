"""Wraps a service's keys of providers by the present master key, so that the former one is of no more use.

python -m chassis.rewrap services.complaints
"""

import asyncio
import sys

from sqlalchemy import select, update

from chassis.db import Database
from chassis.sealing import vault_of
from chassis.service import service_of
from chassis.settings import Settings, load
from chassis.tables import ProviderKey


async def rewrap(settings: Settings) -> int:
    """Wraps every key of a provider anew, in one transaction, and returns how many; safe to run again.

    Raises `cryptography.exceptions.InvalidTag` for a key that neither master key opens; nothing has changed then.
    """
    vault = vault_of(settings)
    database = Database(settings, "owner", vault)  # who alone sees the rows of all providers
    query = select(ProviderKey.provider_id, ProviderKey.wrapped).with_for_update()
    try:
        async with database.connection() as (connection, _):
            keys = (await connection.execute(query)).all()
            for provider_id, wrapped in keys:
                anew = update(ProviderKey).values(wrapped=vault.rewrapped(provider_id, wrapped))
                await connection.execute(anew.where(ProviderKey.provider_id == provider_id))
    finally:
        await database.close()
    return len(keys)


if __name__ == "__main__":
    service = service_of(sys.argv[1])
    print(f"{service.name}: {asyncio.run(rewrap(load(Settings, service.name)))} keys wrapped anew.")
