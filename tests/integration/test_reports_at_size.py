"""Reports of a million complaints: right, and from the counts alone; `-s` shows how long each took."""

import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from services.complaints.conformance.rules import SHOWN
from tests.make.complaints import made
from tests.make.figures import SERVICE, faults
from tests.make.house import House, Tenant
from tests.make.statements import overheard

A_MILLION = 1_000_000
# Of ten, seven are archived past cases, three handled here; over two years, on four channels, of a thousand customers,
# for twenty causes in ten services.
FILL = """
INSERT INTO complaint_figure (
    provider_id, id, complaint_id, round, version, channel, service, customer_id, origin, calendar, again, present,
    latest, open, accepted, received_at, received_on, decided_at, decided_on, decided_minutes, decided_work, cause,
    repeated, first_time, promised_due_at, promised_on, promised_met, agreed_due_at, agreed_on, agreed_met,
    follow_up_met, reached, returned, closed_on, reopened, overturned, incomplete, waivers
)
SELECT $1, gen_random_uuid(), gen_random_uuid(), 1, 1, 'channel-' || n % 4, 'service-' || n % 10,
    md5('customer-' || n % 1000)::uuid, CASE WHEN n % 10 < 7 THEN 'import' ELSE 'intake' END, 1, false, true,
    n % 10 < 9, n % 10 = 9, n % 10 > 6, t.at, t.at::date, t.at + '2 days', (t.at + '2 days')::date, n % 4000, n % 900,
    CASE WHEN n % 10 > 6 THEN 'cause-' || n % 20 END, n % 7 = 0, true, t.due, t.due::date, n % 11 > 0, t.due,
    t.due::date, n % 13 > 0, false, false, false,
    CASE WHEN n % 10 < 9 THEN t.at::date END, false, false, CASE WHEN n % 10 IN (7, 8) THEN n % 500 = 7 END, 0
FROM generate_series(1, $2::int) AS n
CROSS JOIN LATERAL (
    SELECT now() - make_interval(secs => 63072000.0 * n / $2) AS at,
        CASE WHEN n % 10 > 6 THEN now() + interval '3 days' - make_interval(secs => 63072000.0 * n / $2) END AS due
) AS t
"""
SCANNED = {
    "volume": (
        "SELECT count(*) AS received, count(*) FILTER (WHERE origin = 'import') AS imported FROM complaint_figure "
        "WHERE provider_id = $1 AND received_on BETWEEN $2 AND $3"
    ),
    "on-time": (
        "SELECT count(*) AS promised, count(*) FILTER (WHERE promised_met) AS promised_met, count(*) AS agreed, "
        "count(*) FILTER (WHERE agreed_met) AS agreed_met FROM complaint_figure "
        "WHERE provider_id = $1 AND promised_on BETWEEN $2 AND $3"
    ),
}
DOSSIERS = """
SELECT count(incomplete) AS closed, count(*) FILTER (WHERE incomplete) AS incomplete FROM complaint_figure
WHERE provider_id = $1 AND closed_on BETWEEN $2 AND $3
"""
ASKED: list[tuple[str, dict[str, Any]]] = [
    *(("volume", {"by": by}) for by in ("day", "month", "channel", "customer")),
    ("volume", {"by": "month", "channel": "channel-1"}),
    *(("on-time", {"by": by}) for by in ("day", "month", "channel", "customer")),
    ("causes", {}),
    ("causes", {"by": "service_and_cause"}),
    ("ages", {}),
]


@pytest.fixture
async def connection(house: House) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """The superuser's connection."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    yield connection
    await connection.close()


async def fill(house: House, tenant: Tenant, connection: "asyncpg.Connection[Any]", number: int) -> None:
    """Figures of so many complaints, with the counts that follow from them."""
    await connection.execute(FILL, tenant.id, number, timeout=600)
    await connection.execute("VACUUM (ANALYZE) complaint_figure", timeout=600)
    await faults(house.database("complaints"), tenant)
    await connection.execute("VACUUM (ANALYZE) complaint_figure, figure_count", timeout=600)


async def test_reports_of_many_complaints_are_those_of_a_scan(
    house: House, tenant: Tenant, connection: "asyncpg.Connection[Any]"
) -> None:
    await fill(house, tenant, connection, 5_000)
    await compare(house, tenant, connection)


@pytest.mark.long
async def test_reports_of_a_million_complaints_are_those_of_a_scan(
    house: House, tenant: Tenant, connection: "asyncpg.Connection[Any]"
) -> None:
    await fill(house, tenant, connection, A_MILLION)
    await compare(house, tenant, connection)
    begun = time.perf_counter()
    assert await faults(house.database("complaints"), tenant) == 0
    print(f"the daily check: {time.perf_counter() - begun:.1f} s")


async def compare(house: House, tenant: Tenant, connection: "asyncpg.Connection[Any]") -> None:
    """Every report's totals beside a scan, and what is asked of the database for it; how long it took is printed."""
    asked = list[str]()
    async with house.client("complaints", tenant, "reader") as client:
        made(await client.get(f"{SERVICE}/reports/ages"))  # what only the first request does is not measured
        for name, params in ASKED:
            begun = time.perf_counter()
            async with overheard(house.database("complaints"), lambda statement, _: asked.append(statement)):
                found = made(await client.get(f"{SERVICE}/reports/{name}", params=params))
            print(f"{name} {params}: {1000 * (time.perf_counter() - begun):.0f} ms")
            whole = SCANNED.get(name)
            if whole and params["by"] != "customer" and "channel" not in params:
                scanned = dict(
                    await connection.fetchrow(
                        whole, tenant.id, *map(date.fromisoformat, (found["first"], found["last"]))
                    )
                )
                assert {key: found["total"][key] for key in scanned} == scanned
        for path in ("indicators", "indicators?origin=import", "indicators/I-C4/cases", "conformance"):
            begun = time.perf_counter()
            made(await client.get(f"{SERVICE}/{path}"))
            print(f"{path}: {1000 * (time.perf_counter() - begun):.0f} ms")
        judged = made(await client.get(f"{SERVICE}/conformance"))
        dossiers = next(one for one in judged["requirements"] if one["id"] == "8.2-11")["findings"][0]
        counted = await connection.fetchrow(
            DOSSIERS, tenant.id, *map(date.fromisoformat, (judged["first"], judged["on"]))
        )
        assert (dossiers["figures"], len(dossiers["records"])) == (dict(counted), min(counted["incomplete"], SHOWN))
        causes = made(await client.get(f"{SERVICE}/reports/causes"))
        assert causes["decided"] == sum(row["decided"] for row in causes["rows"])
        open_ = await connection.fetchval(
            "SELECT count(*) FROM complaint_figure WHERE provider_id = $1 AND open", tenant.id
        )
        assert made(await client.get(f"{SERVICE}/reports/ages"))["open"] == open_
    scans = {one for one in asked if "complaint_figure" in one and "agreed_due_at <" not in one}
    assert any("figure_count" in one for one in asked)
    assert not scans, "a report without a customer is of the counts alone, but for what is past due"
