"""Wraps a service's keys of providers by the present master key, so that the former one is of no more use.

python -m chassis.rewrap services.complaints
"""

import asyncio
import sys

from chassis.database import Database
from chassis.db import INSTALLATION
from chassis.sealing import vault_of
from chassis.service import service_of
from chassis.settings import Settings, load

BATCH = 500
"""Keys of one transaction, which must end within seconds."""

NEXT = "SELECT provider_id, wrapped FROM provider_key WHERE provider_id > $1 ORDER BY provider_id LIMIT $2 FOR UPDATE"
ANEW = "UPDATE provider_key SET wrapped = $2 WHERE provider_id = $1"


async def rewrap(settings: Settings) -> int:
    """Wraps every key of a provider anew, some hundreds in one transaction; returns how many; safe to run again.

    Raises `cryptography.exceptions.InvalidTag` for a key that neither master key opens; what came before it is wrapped
    anew.
    """
    vault = vault_of(settings)
    database = Database(settings, "owner", vault)  # who alone sees the rows of all providers
    last, number = INSTALLATION, 0
    try:
        while True:
            async with database.connection() as (_, driver):
                keys = await driver.fetch(NEXT, last, BATCH)
                await driver.executemany(ANEW, [(one, vault.rewrapped(one, wrapped)) for one, wrapped in keys])
            number += len(keys)
            if len(keys) < BATCH:
                return number
            last = keys[-1]["provider_id"]
    finally:
        await database.close()


if __name__ == "__main__":
    service = service_of(sys.argv[1])
    print(f"{service.name}: {asyncio.run(rewrap(load(Settings, service.name)))} keys wrapped anew.")
