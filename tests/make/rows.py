"""Plain rows for any tenant table, made from the catalogue, past foreign keys and row-level security."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg

from chassis.ids import new_id
from tests.make.catalogue import Table

NOW = "2026-01-01T00:00:00Z"
PLAIN: dict[str, Callable[[], Any]] = {
    "uuid": lambda: str(new_id()),
    "text": lambda: new_id().hex,
    "text[]": list,
    "bytea": lambda: "\\x" + new_id().hex,
    "smallint": lambda: 1,
    "integer": lambda: 1,
    "bigint": lambda: 1,
    "numeric": lambda: 1,
    "boolean": lambda: True,
    "jsonb": dict,
    "date": lambda: "2026-01-01",
    "timestamp with time zone": lambda: NOW,
}
CHECKS = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::text::regclass
"""
ONE_OF = re.compile(r"\((\w+) = (?:ANY \(ARRAY\[)?'([^']+)'::text")


async def plain_row(connection: "asyncpg.Connection[Any]", table: Table, provider_id: UUID) -> dict[str, Any]:
    """A row of a provider that the table's constraints admit, as JSON, without columns that count by themselves."""
    row = {column: PLAIN[kind]() for column, kind in table.columns.items() if column not in table.identity}
    for check in await connection.fetch(CHECKS, table.name):
        row |= dict(ONE_OF.findall(check[0]))
        if check[0] == "CHECK ((id = provider_id))":
            row["id"] = str(provider_id)
    return row | {"provider_id": str(provider_id)}


def insertion(table: Table, row: dict[str, Any]) -> tuple[str, str]:
    """The statement that inserts a row, and its one argument."""
    columns = ", ".join(row)
    source = f"json_populate_record(NULL::{table.name}, $1::text::json)"
    return f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {source}", json.dumps(row)


async def fill(connection: "asyncpg.Connection[Any]", table: Table, *providers: UUID) -> None:
    """One row for each provider; the connection is the superuser's."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for provider_id in providers:
            await connection.execute(*insertion(table, await plain_row(connection, table, provider_id)))
