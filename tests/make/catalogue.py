"""What PostgreSQL's catalogue says of one service's tables: keys, policies, grants."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import asyncpg


@dataclass(frozen=True)
class Policy:
    """A policy of row-level security; `roles` are names, `public` for all."""

    name: str
    command: str
    permissive: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True)
class Key:
    """A constraint: `p` primary key, `u` unique, `f` foreign key, `c` check; a foreign key has a target."""

    name: str
    kind: str
    columns: tuple[str, ...]
    target: str | None
    target_columns: tuple[str, ...]


@dataclass
class Table:
    """One table as it stands in a database; `grants` are those of roles that are not its owner."""

    name: str
    owner: str
    secured: bool
    forced: bool
    columns: dict[str, str] = field(default_factory=dict)
    identity: frozenset[str] = frozenset()
    keys: list[Key] = field(default_factory=list)
    indexes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    grants: dict[str, set[str]] = field(default_factory=dict)
    triggers: list[str] = field(default_factory=list)


TABLES = """
SELECT relname AS name, relowner::regrole::text AS owner, relrowsecurity AS secured, relforcerowsecurity AS forced
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
COLUMNS = """
SELECT attrelid::regclass::text AS name, attname, format_type(atttypid, atttypmod) AS type, attidentity <> '' AS own
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""
KEYS = """
SELECT conrelid::regclass::text AS name, conname, contype::text AS kind,
       nullif(confrelid, 0)::regclass::text AS target,
       ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (n, place)
             JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY place) AS columns,
       ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS k (n, place)
             JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY place) AS target_columns
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c') AND conrelid <> 0
"""
INDEXES = """
SELECT indrelid::regclass::text AS name, indexrelid::regclass::text AS index,
       ARRAY(SELECT pg_get_indexdef(indexrelid, place, true) FROM generate_series(1, indnkeyatts) AS place) AS columns
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace
"""
POLICIES = "SELECT * FROM pg_policies WHERE schemaname = 'public' ORDER BY policyname"
GRANTS = """
SELECT relname AS name, CASE grantee WHEN 0 THEN 'public' ELSE grantee::regrole::text END AS role, privilege_type
FROM pg_class, aclexplode(relacl)
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND grantee <> relowner
"""
TRIGGERS = "SELECT tgrelid::regclass::text AS name, tgname FROM pg_trigger WHERE NOT tgisinternal"


async def read_catalogue(dsn: str) -> dict[str, Table]:
    """All tables of a database by name."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = {row["name"]: Table(**row) for row in await connection.fetch(TABLES)}
        await _read_columns(connection, tables)
        for row in await connection.fetch(KEYS):
            columns, target_columns = tuple(row["columns"]), tuple(row["target_columns"])
            key = Key(row["conname"], row["kind"], columns, row["target"], target_columns)
            tables[row["name"]].keys.append(key)
        for row in await connection.fetch(INDEXES):
            tables[row["name"]].indexes[row["index"]] = tuple(row["columns"])
        for row in await connection.fetch(POLICIES):
            tables[row["tablename"]].policies.append(_policy(row))
        for row in await connection.fetch(GRANTS):
            tables[row["name"]].grants.setdefault(row["role"], set()).add(row["privilege_type"])
        for row in await connection.fetch(TRIGGERS):
            tables[row["name"]].triggers.append(row["tgname"])
    finally:
        await connection.close()
    return tables


async def _read_columns(connection: "asyncpg.Connection[Any]", tables: dict[str, Table]) -> None:
    own: defaultdict[str, set[str]] = defaultdict(set)
    for row in await connection.fetch(COLUMNS):
        tables[row["name"]].columns[row["attname"]] = row["type"]
        if row["own"]:
            own[row["name"]].add(row["attname"])
    for name, columns in own.items():
        tables[name].identity = frozenset(columns)


def _policy(row: Any) -> Policy:
    roles = tuple(row["roles"])
    return Policy(row["policyname"], row["cmd"], row["permissive"], roles, row["qual"], row["with_check"])
