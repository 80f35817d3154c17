"""Reports of a million complaints: right, and from the counts alone; `-s` shows how long each took."""

import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from services.complaints.conformance.rules import SHOWN
from services.complaints.figures.models import FOLLOW_UP_MISSED, INCOMPLETE, PROMISE_MISSED, WAIVED
from tests.make.complaints import made
from tests.make.figures import SERVICE, faults
from tests.make.house import House, Tenant
from tests.make.statements import overheard

A_MILLION = 1_000_000
# Of ten, seven are archived past cases, three handled here; over two years, on four channels, of a thousand customers,
# for twenty causes in ten services. Of what is closed here, one in seventeen was followed up late or never.
FILL = """
INSERT INTO complaint_figure (
    provider_id, id, complaint_id, round, version, channel, service, customer_id, origin, calendar, again, present,
    latest, open, accepted, received_at, received_on, decided_at, decided_on, decided_minutes, decided_work, cause,
    repeated, first_time, promised_due_at, promised_on, promised_met, agreed_due_at, agreed_on, agreed_met,
    follow_up_on, follow_up_met, followed_up_at, reached, returned, closed_on, reopened, overturned, incomplete,
    waivers
)
SELECT $1, gen_random_uuid(), gen_random_uuid(), 1, 1, 'channel-' || n % 4, 'service-' || n % 10,
    md5('customer-' || n % 1000)::uuid, CASE WHEN n % 10 < 7 THEN 'import' ELSE 'intake' END, 1, false, true,
    n % 10 < 9, n % 10 = 9, n % 10 > 6, t.at, t.at::date, t.at + '2 days', (t.at + '2 days')::date, n % 4000, n % 900,
    CASE WHEN n % 10 > 6 THEN 'cause-' || n % 20 END, n % 7 = 0, true, t.due, t.due::date, n % 11 > 0, t.due,
    t.due::date, n % 13 > 0, CASE WHEN n % 10 IN (7, 8) THEN t.at::date END, n % 10 IN (7, 8) AND n % 17 > 0,
    CASE WHEN n % 34 > 0 THEN t.at + make_interval(days => 40 * (n % 17 = 0)::int) END, false, false,
    CASE WHEN n % 10 < 9 THEN t.at::date END, false, false, CASE WHEN n % 10 IN (7, 8) THEN n % 500 = 7 END,
    (n % 100 = 8)::int
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
FOUND = {
    "dossiers_complete": (
        "SELECT count(incomplete) AS closed, count(*) FILTER (WHERE incomplete) AS incomplete, "
        "count(*) FILTER (WHERE incomplete) AS number FROM complaint_figure "
        "WHERE provider_id = $1 AND closed_on BETWEEN $2 AND $3"
    ),
    "exceptions_listed": (
        "SELECT count(*) AS cases, sum(waivers) AS waivers, "
        "count(*) FILTER (WHERE waivers > 0) AS number FROM complaint_figure "
        "WHERE provider_id = $1 AND closed_on BETWEEN $2 AND $3"
    ),
    "on_time_rate": (
        "SELECT count(*) AS due, count(*) FILTER (WHERE promised_met) AS met, "
        "count(*) FILTER (WHERE NOT promised_met) AS number FROM complaint_figure "
        "WHERE provider_id = $1 AND promised_on BETWEEN $2 AND $3::date - 1"
    ),
    "follow_up_rate": (
        "SELECT count(*) AS due, count(*) FILTER (WHERE follow_up_met) AS met, "
        "count(*) FILTER (WHERE NOT follow_up_met) AS number FROM complaint_figure "
        "WHERE provider_id = $1 AND follow_up_on BETWEEN $2 AND $3::date - 1"
    ),
}
"""What conformance finds of the year until today, by a scan; what falls due until the day before."""
RARE = (PROMISE_MISSED, FOLLOW_UP_MISSED, f"AND {INCOMPLETE}", WAIVED)
"""What conformance reads of figures: those that a partial index has, and the standard has listed."""
QUICK = 0.2
"""Seconds in which conformance of a million complaints is told; the best of five tries, as other work goes on."""
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
    async with house.client("complaints", tenant, "reader") as client:
        assert await quickest(client, "conformance") < QUICK
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
        for path in ("indicators", "indicators?origin=import", "indicators/I-C4/cases"):
            begun = time.perf_counter()
            made(await client.get(f"{SERVICE}/{path}"))
            print(f"{path}: {1000 * (time.perf_counter() - begun):.0f} ms")
        await judge(house, tenant, client, connection)
        causes = made(await client.get(f"{SERVICE}/reports/causes"))
        assert causes["decided"] == sum(row["decided"] for row in causes["rows"])
        open_ = await connection.fetchval(
            "SELECT count(*) FROM complaint_figure WHERE provider_id = $1 AND open", tenant.id
        )
        assert made(await client.get(f"{SERVICE}/reports/ages"))["open"] == open_
    scans = {one for one in asked if "complaint_figure" in one and "agreed_due_at <" not in one}
    assert any("figure_count" in one for one in asked)
    assert not scans, "a report without a customer is of the counts alone, but for what is past due"


async def judge(house: House, tenant: Tenant, client: httpx.AsyncClient, connection: "asyncpg.Connection[Any]") -> None:
    """What conformance finds beside a scan, and what is asked of the figures for it."""
    asked = list[str]()
    async with overheard(house.database("complaints"), lambda statement, _: asked.append(statement)):
        judged = made(await client.get(f"{SERVICE}/conformance"))
    days = [date.fromisoformat(judged[one]) for one in ("first", "on")]
    findings = {found["code"]: found for one in judged["requirements"] for found in one["findings"]}
    for code, scan in FOUND.items():
        found, scanned = findings[code], dict(await connection.fetchrow(scan, tenant.id, *days))
        number = scanned.pop("number")
        assert number > 0
        assert {name: found["figures"][name] for name in scanned} == scanned
        assert (found["number"], len(found["records"])) == (number, min(number, SHOWN))
    scans = {one for one in asked if "FROM complaint_figure" in one and not any(rare in one for rare in RARE)}
    assert not scans, "conformance is of the counts, and of what is to be listed"


async def quickest(client: httpx.AsyncClient, path: str) -> float:
    """Seconds until an answer is there, at best of five times."""
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        made(await client.get(f"{SERVICE}/{path}"))
        seconds.append(time.perf_counter() - begun)
    print(f"{path}: {1000 * min(seconds):.0f} ms")
    return min(seconds)
