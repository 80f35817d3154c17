"""Runs the migrations of one service as its owner, one transaction a revision, giving up on locks after two seconds."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.imports import models as _imports  # noqa: F401 - every service has these tables
from chassis.tables import Base

LOCK_TIMEOUT = "2s"


def _belongs(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    return kind != "table" or item.info.get("service") in {None, context.config.attributes["service"]}


def _run(connection: Connection) -> None:
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        include_object=_belongs,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    # Readiness compares the revision with the code's.
    connection.execute(text(f"GRANT SELECT ON alembic_version TO {context.config.attributes['service']}_app"))
    connection.commit()


async def _connect() -> None:
    engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_connect())
