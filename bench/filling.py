"""Fills a database in bulk with complaints as they would be if each had come over the API, sealed and readable.

A few complaints are filed and moved on over the API; their rows in every table are the patterns. Every other complaint
is a copy of one of them under ids, times, persons, words and keys of its own: Python seals, PostgreSQL copies.
"""

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from bench.provider import CHANNELS, Api, Machine
from bench.stand import Stand
from chassis.persons.hashes import telephone_hash
from chassis.sealing import ProviderVault, Vault

YOUNGEST, OLDEST = timedelta(days=12), timedelta(days=732)
"""When bulk complaints were received, before now: the youngest before what reconciliation compares and streams hold."""
CHUNK = 20_000
LEVELS = ("high", "medium", "low")
PRIORITIES = ("critical", "high", "moderate", "low")
TELEPHONE = {"method": "telephone", "told_limits": True, "told_receipt_number": True, "words": "She was told."}

MAPPING = {
    "fields": {
        "external_reference": {"system": "oldtool", "id": {"column": "number"}},
        "received_at": {"column": "opened"},
        "decided_at": {"column": "solved"},
        "closed_at": {"column": "closed"},
        "category": {"column": "kind", "code": True},
        "title": {"column": "title"},
        "words": {"column": "what"},
        "complainant": {"name": {"column": "who"}, "telephone": {"column": "telephone"}},
    }
}
HEADER = "number,opened,solved,closed,kind,title,who,telephone,what\n"

OWN = "(left(s.id::text, 14) || right(md5(s.id::text || {0}::text)::uuid::text, 22))::uuid"
"""The id of a copied row: ordered by time like the complaint's own."""
AHEAD = "now() + make_interval(days => 30 + (s.n % 60)::int)"
"""What bulk complaints still wait for comes due after the measuring."""
MOVED = "replace(replace({0}::text, s.pattern::text, s.id::text), s.pattern_number, s.receipt_number)::jsonb"

COPIES: dict[str, tuple[str, dict[str, str]]] = {
    "complaint": (
        "complaint t ON t.id = s.pattern",
        {
            "id": "s.id",
            "receipt_number": "s.receipt_number",
            "category": "'category-' || s.n % 40",
            "urgency": "s.urgency",
            "impact": "s.impact",
            "priority": "s.priority",
            "external_id": "CASE WHEN t.external_id IS NOT NULL THEN 'C-' || s.n END",
            "title_sealed": "s.title_sealed",
            "words_sealed": "s.words_sealed",
        },
    ),
    "complaint_party": (
        "complaint_party t ON t.complaint_id = s.pattern",
        {
            "id": "s.party_id",
            "complaint_id": "s.id",
            "wrapped_key": "s.wrapped_key",
            "name_sealed": "s.name_sealed",
            "telephone_sealed": "s.telephone_sealed",
            "telephone_hash": "s.telephone_hash",
        },
    ),
    "complaint_contact": (
        "complaint_contact t ON t.complaint_id = s.pattern",
        {
            "id": OWN.format("t.id"),
            "complaint_id": "s.id",
            "party_id": "s.party_id",
            "entry_id": OWN.format("t.entry_id"),
            "words_sealed": "s.contact_sealed",
        },
    ),
    "complaint_terms": ("complaint_terms t ON t.id = s.pattern", {"id": "s.id"}),
    "clock": ("clock t ON t.record_id = s.pattern", {"id": OWN.format("t.id"), "record_id": "s.id"}),
    "clock_interval": (
        "clock c ON c.record_id = s.pattern JOIN clock_interval t ON t.clock_id = c.id",
        {"clock_id": OWN.format("t.clock_id")},
    ),
    "timer": ("timer t ON t.record = s.pattern", {"record": "s.id", "due_at": AHEAD}),
    "task": (
        "task t ON t.record_id = s.pattern",
        {
            "id": OWN.format("t.id"),
            "record_id": "s.id",
            "made_by": OWN.format("t.made_by"),
            "parameters": MOVED.format("t.parameters"),
        },
    ),
    "journal": (
        "journal t ON t.subject = s.pattern",
        {"id": OWN.format("t.id"), "subject": "s.id", "data": MOVED.format("t.data")},
    ),
}
"""Each table that a complaint fills: how a pattern's rows are found, and what a copy has that its pattern has not."""

STAGE = """
CREATE UNLOGGED TABLE IF NOT EXISTS bench_row (
    n bigint, pattern uuid, pattern_number text, id uuid, party_id uuid, shift interval, receipt_number text,
    urgency text, impact text, priority text, wrapped_key bytea, name_sealed bytea, telephone_sealed bytea,
    telephone_hash bytea, title_sealed bytea, words_sealed bytea, contact_sealed bytea
);
TRUNCATE bench_row;
"""
COLUMNS = """
SELECT column_name AS name, data_type AS type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position
"""


COUNTED = """
INSERT INTO figure_progress (provider_id, through_at, through_id, faults)
SELECT DISTINCT provider_id, now(), provider_id, 0 FROM complaint
ON CONFLICT (provider_id) DO UPDATE SET through_at = now()
"""
"""What was filled in bulk is no work for the worker while requests are measured: only they are counted."""


class Pattern(NamedTuple):
    """A complaint that others are copied from."""

    id: UUID
    number: str
    received_at: datetime


@dataclass(frozen=True)
class Patterns:
    """The patterns by what became of them."""

    archived: Sequence[Pattern]
    acknowledged: Sequence[Pattern]
    received: Sequence[Pattern]

    def of(self, n: int) -> Pattern:
        """The pattern of the n-th complaint: of ten, seven are archived, two acknowledged, one received."""
        group = (self.archived, self.acknowledged, self.received)[(0, 0, 0, 0, 0, 0, 0, 1, 1, 2)[n % 10]]
        return group[n // 10 % len(group)]


def complaint(channel: str, n: int = 0) -> dict[str, Any]:
    """The body of a complaint as staff register it."""
    return {
        "channel": channel,
        "title": "Portal down",
        "words": f"The portal was down for two days, and nobody answered the telephone. Case {n}",
        "category": "outage",
        "urgency": "high",
        "impact": "medium",
        "language": "en",
        "parties": [{"name": "Wang Fang", "telephone": f"+86 138 {n // 10_000 % 10_000:04} {n % 10_000:04}"}],
    }


def past_case(number: str) -> str:
    """A line of a file of past cases."""
    times = "2025-03-03T09:00:00Z,2025-03-04T09:00:00Z,2025-03-05T09:00:00Z"
    return f"{number},{times},Outage,Portal down,Wang Fang,+86 138 0000 0000,The portal was down for two days.\n"


def file_patterns(machine: Machine) -> Patterns:
    """File the patterns over the API: on each channel one that stays and one that is acknowledged, and a past case."""
    api = Api(machine.gateway, machine.key)
    received = [api.post("/v1/complaints", complaint(channel)) for channel in CHANNELS]
    told = [api.post("/v1/complaints", complaint(channel)) for channel in CHANNELS]
    for one in told:
        api.post(f"/v1/complaints/{one['id']}/acknowledge", TELEPHONE, HTTPStatus.OK)
    job = api.upload("/v1/complaints/imports", MAPPING, (HEADER + past_case("P-1")).encode())
    api.until(f"/v1/complaints/imports/{job['id']}", "state", "done")
    past = api.get("/v1/complaints", origin="import", limit=1)["items"]
    return Patterns(*([_pattern(one) for one in group] for group in (past, told, received)))


def _pattern(item: dict[str, Any]) -> Pattern:
    return Pattern(UUID(item["id"]), item["receipt_number"], datetime.fromisoformat(item["received_at"]))


async def fill(stand: Stand, patterns: Patterns, first: int, until: int) -> None:
    """Add the complaints numbered `first` until before `until`, all at times of their own, and gather statistics."""
    master = stand.home.secrets.read("complaints", "master_key")
    async with stand.database("complaints") as connection:
        row = await connection.fetchrow(
            "SELECT provider_id, wrapped FROM provider_key JOIN complaint USING (provider_id)"
        )
        vault = Vault(master).open_provider(row["provider_id"], row["wrapped"])
        rows = _rows(vault, patterns, first, until)
        # The copies fit each other: no key is looked up.
        await connection.execute("SET session_replication_role = replica")
        while chunk := list(islice(rows, CHUNK)):
            await connection.execute(STAGE)
            await connection.copy_records_to_table("bench_row", records=chunk)
            await connection.execute("ANALYZE bench_row")
            for table, (source, own) in COPIES.items():
                await connection.execute(await _copy(connection, table, source, own))
        await connection.execute("DROP TABLE IF EXISTS bench_row")
        await connection.execute(COUNTED)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")


async def _copy(connection: "asyncpg.Connection[Any]", table: str, source: str, own: dict[str, str]) -> str:
    """The statement that copies the patterns' rows of one table; what is not a copy's own is the pattern's.

    Times move along with the receipt.
    """
    columns = {
        row["name"]: f"t.{row['name']} + s.shift" if row["type"].startswith("timestamp") else f"t.{row['name']}"
        for row in await connection.fetch(COLUMNS, table)
    }
    columns |= own
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - names are of the catalogue and of COPIES
        f"SELECT {', '.join(columns.values())} FROM bench_row s JOIN {source}"
    )


def _rows(vault: ProviderVault, patterns: Patterns, first: int, until: int) -> Iterator[tuple[Any, ...]]:
    """A row for each copy, sealed with a key of its own person; receipts are spread over two years at random."""
    now, chance = datetime.now(UTC), random.Random(first)  # noqa: S311 - a spread, no secret
    span = (OLDEST - YOUNGEST).total_seconds()
    ages = sorted((chance.random() for _ in range(first, until)), reverse=True)
    for n, age in enumerate(ages, first):
        received_at = now - YOUNGEST - timedelta(seconds=age * span)
        pattern, party_id = patterns.of(n), _id_at(received_at)
        key = vault.new_person(party_id)
        telephone = f"+86 139 {n // 10_000 % 10_000:04} {n % 10_000:04}"
        yield (
            n,
            pattern.id,
            pattern.number,
            _id_at(received_at),
            party_id,
            received_at - pattern.received_at,
            f"{received_at:%y}-Z{n:09}",
            chance.choice(LEVELS),
            chance.choice(LEVELS),
            chance.choice(PRIORITIES),
            key.wrapped,
            key.seal("Wang Fang", "name"),
            key.seal(telephone, "telephone"),
            telephone_hash(vault, telephone),
            key.seal("Portal down", "title"),
            key.seal(f"The portal was down for two days, and nobody answered the telephone. Case {n}", "words"),
            key.seal("She was told.", "contact words"),
        )


def _id_at(at: datetime) -> UUID:
    """A UUID of version 7 as if made at an instant (RFC 9562, section 5.7)."""
    value = int(at.timestamp() * 1000) << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)
