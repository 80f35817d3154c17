"""What must exist before migrations, made by the superuser: each service's database and its three roles."""

from collections.abc import Callable

import asyncpg

from deploy.secrets import INSTALLATION, NEXT_SUPERUSER, Secrets
from deploy.topology import SERVICES

ROLES = {
    "owner": "LOGIN BYPASSRLS",
    "app": "LOGIN NOBYPASSRLS",
    "worker": "LOGIN NOBYPASSRLS",
}
"""The owner migrates and is backed up as, and never serves; the app serves; the worker relays, consumes and runs jobs.

With forced row-level security an owner without BYPASSRLS would change no row in a migration, and be told nothing.
"""


async def bootstrap(dsn: str, secrets: Secrets) -> None:
    """Make databases and roles that are missing, and set every password to the present secret; idempotent.

    `dsn` is the superuser's, to any database of the cluster.
    """
    connection = await asyncpg.connect(dsn)
    try:
        for service in SERVICES:
            await _roles(connection, service, secrets)
            await _database(connection, service)
    finally:
        await connection.close()
    for service in SERVICES:
        inside = await asyncpg.connect(dsn, database=service)
        try:
            await inside.execute(_GRANTS.format(service=service))
        finally:
            await inside.close()


async def renew_superuser(dsn: Callable[[str], str], secrets: Secrets) -> None:
    """Put the superuser's announced password in force, if one is announced; where it was interrupted, it goes on.

    `dsn` is the superuser's with a password.
    """
    if not secrets.has(INSTALLATION, NEXT_SUPERUSER):
        return
    password = secrets.read(INSTALLATION, NEXT_SUPERUSER)
    try:
        connection = await asyncpg.connect(dsn(secrets.superuser_password))
    except asyncpg.InvalidPasswordError:  # the server has the next one already
        connection = await asyncpg.connect(dsn(password))
    try:
        quoted = await connection.fetchval("SELECT quote_literal($1)", password)
        await connection.execute(f"ALTER ROLE CURRENT_USER PASSWORD {quoted}")
    finally:
        await connection.close()
    secrets.write(INSTALLATION, "superuser_password", password)
    secrets.remove(INSTALLATION, NEXT_SUPERUSER)


_GRANTS = """
    REVOKE ALL ON DATABASE {service} FROM PUBLIC;
    GRANT CONNECT ON DATABASE {service} TO {service}_owner, {service}_app, {service}_worker;
    ALTER SCHEMA public OWNER TO {service}_owner;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO {service}_app, {service}_worker;
"""


async def _roles(connection: asyncpg.Connection, service: str, secrets: Secrets) -> None:
    for role, attributes in ROLES.items():
        name = f"{service}_{role}"
        verb = "ALTER" if await _exists(connection, "pg_roles", "rolname", name) else "CREATE"
        password = secrets.read(service, f"database_{role}_password")
        quoted = await connection.fetchval("SELECT quote_literal($1)", password)
        await connection.execute(
            f"{verb} ROLE {name} NOSUPERUSER NOCREATEDB NOCREATEROLE {attributes} PASSWORD {quoted}"
        )


async def _database(connection: asyncpg.Connection, service: str) -> None:
    if not await _exists(connection, "pg_database", "datname", service):
        await connection.execute(f"CREATE DATABASE {service}")


async def _exists(connection: asyncpg.Connection, catalogue: str, column: str, name: str) -> bool:
    return bool(await connection.fetchval(f"SELECT 1 FROM {catalogue} WHERE {column} = $1", name))  # noqa: S608
