"""A year of half a million complaints is reviewed, and looked through for late entries, within what a request has."""

import time
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from services.complaints.app import SERVICE
from services.complaints.registers.models import Register
from services.complaints.registers.queries import late_entries
from services.complaints.registers.rules import year_in
from tests.make.complaints import Json, made
from tests.make.handling import DAY, Desk, desk_of
from tests.make.house import House
from tests.make.statements import overheard

A_MILLION, YEAR = 1_000_000, 2025
# Copies of one that is closed, over the two years before. Of ten, seven are archived past cases, two are closed here,
# one is investigated; of four decided here one was late, and one in fifty has a rule waived.
COMPLAINTS = """
INSERT INTO complaint
SELECT copy.* FROM complaint AS p, generate_series(1, $2::int) AS n,
LATERAL (SELECT $3::timestamptz - make_interval(secs => 63072000.0 * n / $2) AS at) AS t,
LATERAL jsonb_populate_record(p, jsonb_build_object(
    'id', gen_random_uuid(), 'receipt_number', 'R' || n, 'received_at', at, 'registered_at', at, 'updated_at', at,
    'closed_at', CASE WHEN n % 10 < 9 THEN at + '9 days' END,
    'origin', CASE WHEN n % 10 < 7 THEN 'import' ELSE 'intake' END,
    'state', CASE WHEN n % 10 < 7 THEN 'archived' WHEN n % 10 < 9 THEN 'closed' ELSE 'investigating' END,
    'severity', CASE WHEN n % 10 > 6 THEN (ARRAY['minor', 'moderate', 'major'])[1 + n % 3] END,
    'cause', 'cause-' || n % 20, 'channel', 'channel-' || n % 4, 'round', 1 + (n % 50 = 7)::int,
    'satisfaction', CASE WHEN n % 10 IN (7, 8) THEN (ARRAY['satisfied', 'partly', 'not_satisfied'])[1 + n % 3] END
)) AS copy WHERE p.id = $1
"""
CLOCKS = """
INSERT INTO clock (
    provider_id, id, record_type, record_id, name, round, calendar_number, promised_minutes, promised_due_at,
    limit_minutes, started_at, due_at, stopped_at, state, reached
)
SELECT provider_id, gen_random_uuid(), 'complaint', id, name, 1, 1, 960, received_at + '3 days', 960, received_at,
    received_at + '3 days', received_at + make_interval(days => 1 + abs(hashtext(id::text)) % 4), 'stopped', 50
FROM complaint, (VALUES ('decide'), ('acknowledge')) AS clocks (name)
WHERE provider_id = $2 AND origin = 'intake' AND id <> $1
"""
INTERVALS = """
INSERT INTO clock_interval SELECT provider_id, id, 1, 'running', NULL, started_at, stopped_at FROM clock
WHERE provider_id = $2 AND record_id <> $1
"""
RECORDS = """
INSERT INTO handling_record
SELECT copy.* FROM handling_record AS r, complaint AS c, LATERAL jsonb_populate_record(r, jsonb_build_object(
    'id', gen_random_uuid(), 'entry_id', gen_random_uuid(), 'complaint_id', c.id,
    'step', CASE WHEN r.place = 1 AND hashtext(c.id::text) % 50 = 0 THEN 'waive' ELSE r.step END
)) AS copy WHERE r.complaint_id = $1 AND r.place <= 3 AND c.provider_id = $2 AND c.origin = 'intake' AND c.id <> $1
"""
OF_YEAR = "provider_id = $1 AND received_at >= $2 AND received_at < $3"
SCANNED = f"""
SELECT count(*) AS received, count(*) FILTER (WHERE round > 1) AS investigated_again FROM complaint WHERE {OF_YEAR}
"""
COUNTED = {
    "by_state": f"SELECT state, count(*) FROM complaint WHERE {OF_YEAR} GROUP BY 1",
    "by_channel": f"SELECT channel, count(*) FROM complaint WHERE {OF_YEAR} GROUP BY 1",
    "by_severity": f"SELECT coalesce(severity, 'none'), count(*) FROM complaint WHERE {OF_YEAR} GROUP BY 1",
    "by_cause": f"SELECT cause, count(*) FROM complaint WHERE {OF_YEAR} GROUP BY 1",
    "satisfaction": f"SELECT satisfaction, count(*) FROM complaint WHERE {OF_YEAR} AND state = 'closed' GROUP BY 1",
}
WAIVED = f"""
SELECT count(*) FROM handling_record WHERE step = 'waive' AND complaint_id IN (SELECT id FROM complaint WHERE {OF_YEAR})
"""
KEPT = f"""
SELECT count(*) FILTER (WHERE stopped_at <= promised_due_at) AS kept, count(*) AS n FROM clock
WHERE name = 'decide' AND record_id IN (SELECT id FROM complaint WHERE {OF_YEAR})
"""


async def test_a_year_is_reviewed_as_a_scan_has_it(quiet_house: House) -> None:
    await compare(quiet_house, 2_000)


@pytest.mark.long
async def test_a_year_of_half_a_million_is_reviewed_as_a_scan_has_it(quiet_house: House) -> None:
    await compare(quiet_house, A_MILLION)


async def compare(house: House, many: int) -> None:
    """The figures of a review beside a scan, and a first look for late entries; how long each took is printed."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        async with desk_of(house, await house.new_tenant()) as desk:
            await fill(desk, connection, many)
            begun = time.perf_counter()
            review = await reviewed(desk)
            print(f"the review: {1000 * (time.perf_counter() - begun):.0f} ms")
            begins_at, ends_at = year_in("Asia/Shanghai", YEAR)
            mine, figures = (desk.tenant.id, begins_at, ends_at), review["figures"]
            scanned = dict(await connection.fetchrow(SCANNED, *mine))
            assert {name: figures[name] for name in scanned} == scanned
            for name, scan in COUNTED.items():
                assert figures[name] == dict(await connection.fetch(scan, *mine))
            assert figures["waivers"] == await connection.fetchval(WAIVED, *mine) > 0
            kept = dict(await connection.fetchrow(KEPT, *mine))
            assert {name: figures["on_time"][name] for name in kept} == kept
            assert 0 < kept["kept"] < kept["n"]
            begun = time.perf_counter()
            assert await first_look(desk) == 0
            print(f"the first look for late entries: {1000 * (time.perf_counter() - begun):.0f} ms")
    finally:
        await connection.close()


async def fill(desk: Desk, connection: "asyncpg.Connection[Any]", many: int) -> None:
    """So many complaints before the present one, past foreign keys."""
    pattern = UUID((await desk.closed())["id"])
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(COMPLAINTS, pattern, many, desk.clock.now, timeout=900)
    for statement in (CLOCKS, INTERVALS, RECORDS):
        await connection.execute(statement, pattern, desk.tenant.id, timeout=900)
    await connection.execute("VACUUM (ANALYZE) complaint, clock, clock_interval, handling_record", timeout=900)


async def reviewed(desk: Desk) -> Json:
    """The review of the year, begun; the complaints of the year are read once for each table that it is of."""
    database, asked = desk.house.database("complaints"), list[str]()
    async with database.work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await SERVICE.daily["yearly_review"](work, work.provider_id, "sweeps")
    (review,) = made(await desk.by["lead"].get("/v1/reviews"))["items"]
    async with overheard(database, lambda statement, _: asked.append(statement)):
        begun = made(await desk.by["lead"].post(f"/v1/reviews/{review['id']}/begin"))
    assert sum("FROM complaint " in one for one in asked) == len(("complaint", "clock", "handling_record"))
    return begun


async def first_look(desk: Desk) -> int:
    """How many late entries the first look finds after a register that was signed months ago."""
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        begins_at, ends_at = year_in("Asia/Shanghai", YEAR)
        register = Register(begins_at=begins_at, ends_at=ends_at, signed_at=ends_at + 10 * DAY, looked_at=None)
        return len(await late_entries(work, register, 500))
