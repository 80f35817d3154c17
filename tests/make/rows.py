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
    "double precision": lambda: 1,
    "boolean": lambda: True,
    "jsonb": dict,
    "date": lambda: "2026-01-01",
    "timestamp with time zone": lambda: NOW,
}
CHECKS = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::text::regclass ORDER BY oid
"""
"""The checks of a table in the order in which they were made: the last that names a column says what is in it."""
ONE_OF_TWO = re.compile(r"\(\((\w+) IS NULL\) <> \((\w+) IS NULL\)\)")
ONE_OF = re.compile(r"\((\w+) = (?:ANY \(ARRAY\[)?'([^']+)'::text")
WITHOUT = re.compile(r"\(\(\w+ = '[^']+'::text\) = \((\w+) IS NULL\)\)")


async def plain_row(connection: "asyncpg.Connection[Any]", table: Table, provider_id: UUID) -> dict[str, Any]:
    """A row of a provider that the table's constraints admit, as JSON, without columns that count by themselves."""
    row = {column: PLAIN[kind]() for column, kind in table.columns.items() if column not in table.identity}
    for check in await connection.fetch(CHECKS, table.name):
        row |= dict(ONE_OF.findall(check[0])) | dict.fromkeys(WITHOUT.findall(check[0]))
        row |= {second: None for _, second in ONE_OF_TWO.findall(check[0])}
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


MANY: dict[str, str] = {
    "uuid": "gen_random_uuid()",
    "text": "'x' || i",
    "text[]": "ARRAY[]::text[]",
    "bytea": "decode(md5(i::text), 'hex')",
    "smallint": "1",
    "integer": "i",
    "bigint": "i",
    "double precision": "i",
    "boolean": "true",
    "jsonb": "'{}'::jsonb",
    "date": "current_date",
    "timestamp with time zone": "now() - i * interval '1 minute'",
}
ANY_OF = re.compile(r"\((\w+) = (?:ANY \(ARRAY\[)?((?:'[^']+'::text(?:, )?)+)")


async def fill_many(
    connection: "asyncpg.Connection[Any]", table: Table, rows: dict[UUID, int], **expressions: str
) -> None:
    """So many rows of each provider, spread over time and states; an expression in SQL may use `provider` and `i`."""
    columns = {column: MANY[kind] for column, kind in table.columns.items() if column not in table.identity}
    for check in await connection.fetch(CHECKS, table.name):
        for column, values in ANY_OF.findall(check[0]):
            columns[column] = f"(ARRAY[{values}])[1 + i % {values.count('::text')}]"
    columns |= {"provider_id": "provider", **expressions}
    source = "unnest($1::uuid[], $2::int[]) AS of (provider, many), generate_series(1, many) AS i"
    rows_of = f"SELECT {', '.join(columns.values())} FROM {source}"
    query = f"INSERT INTO {table.name} ({', '.join(columns)}) {rows_of} ON CONFLICT DO NOTHING"
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(query, list(rows), list(rows.values()))
    await connection.execute(f"ANALYZE {table.name}")


UNASSESSED = dict.fromkeys(
    (
        "severity", "validity", "subject_kind", "decision", "satisfaction", "closing_way", "merged_into", "came_from",
        "policy",
    ),
    "NULL",
)  # fmt: skip
"""What of a complaint nobody has said before it is assessed: words of a list, which no made-up text is one of."""
