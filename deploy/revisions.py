"""Which databases lack a migration, told without starting the program that applies them."""

from pathlib import Path

import asyncpg

from deploy.topology import SERVICES


async def behind(dsn: str, root: Path) -> list[str]:
    """The services whose database is not at the newest revision of their migrations below `root`, the checkout.

    `dsn` is the superuser's. A revision's file is named `<revision>_<what it does>.py`, revisions are numbered.
    """
    return [service for service in SERVICES if await _present(dsn, service) != _newest(root, service)]


def _newest(root: Path, service: str) -> str | None:
    folder = root.joinpath(*SERVICES[service].split("."), "migrations")
    return max((file.name.partition("_")[0] for file in folder.glob("[0-9]*_*.py")), default=None)


async def _present(dsn: str, service: str) -> str | None:
    connection = await asyncpg.connect(dsn, database=service)
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return revision
