"""Past cases from a file: taken with their own times, refused by line number, never twice."""

import asyncio
import csv
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.clock import utc_now
from chassis.database import Database
from chassis.imports.actions import CLOCK
from chassis.jobs import Timers
from chassis.sealing import Vault
from deploy.cases import LEVELS, PRIORITIES, category_code
from deploy.demo import EXCERPT, WHOLE
from services.complaints.imports.jobs import TIMERS
from tests.make.complaints import (
    SetClock,
    acknowledge,
    complaints_by,
    faulted,
    made,
    moment,
    objected,
    timeline,
)
from tests.make.house import House, Tenant
from tests.make.imports import (
    ADDRESS,
    case,
    complaints_of,
    counts,
    csv_of,
    ended,
    field,
    form,
    imported,
    mapping,
    refusals,
    start,
)  # fmt: skip
from tests.make.risk import signals_of
from tests.make.statements import overheard

CANARY = "kanarienvogel"
LOG_MAPPING = json.loads((EXCERPT.parent / "servicenow_mapping.json").read_text(encoding="utf-8"))


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


async def rows_of(house: House, query: str, *values: Any) -> list[asyncpg.Record]:
    """Rows as the superuser sees them."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


class Importing:
    """A process of complaints without a worker, ahead of the others' time, and workers that a test moves by hand."""

    def __init__(self, house: House, tenant: Tenant, clock: SetClock, lead: httpx.AsyncClient) -> None:
        self.house, self.tenant, self.clock, self.lead = house, tenant, clock, lead
        self.databases: list[Database] = []

    def database(self) -> Database:
        """The connections of a new worker."""
        settings = self.house.settings("complaints")
        database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=self.clock)
        self.databases.append(database)
        return database

    async def open_timers(self) -> int:
        """How many timers of the provider's imports have not ended."""
        query = "SELECT 1 FROM timer WHERE provider_id = $1 AND clock = $2"
        return len(await rows_of(self.house, query, self.tenant.id, CLOCK))

    async def steps(self, timers: Timers, most: int = 1000) -> int:
        """Fires timers until none of the provider's imports is left, or so many times; how often."""
        for step in range(most):
            if not await self.open_timers():
                return step
            await timers.fire_due()
        return most


@asynccontextmanager
async def importing(house: House, tenant: Tenant) -> AsyncIterator[Importing]:
    """The same, its clock ahead by less than a token lives."""
    clock = SetClock(utc_now() + timedelta(minutes=2))
    async with complaints_by(house, clock) as own, own.client("complaints", tenant, "complaint_lead") as lead:
        made_ready = Importing(house, tenant, clock, lead)
        try:
            yield made_ready
        finally:
            for database in made_ready.databases:
                await database.close()


async def test_a_closed_case_is_archived_with_its_own_times(house: House, lead: httpx.AsyncClient) -> None:
    job = await imported(lead, csv_of([case("C-1"), case("C-2", told="", solved="", telephone="?", who="")]))
    assert (job["state"], counts(job)) == ("done", {"records": 2, "read": 2, "created": 2})
    found = await complaints_of(lead)
    first = found["C-1"]
    assert (first["state"], first["origin"], first["imported_by_job"]) == ("archived", "import", job["id"])
    assert (first["received_at"], first["acknowledged_at"]) == ("2025-03-03T09:00:00Z", "2025-03-03T10:00:00Z")
    assert (first["decided_at"], first["closed_at"]) == ("2025-03-04T09:00:00Z", "2025-03-05T09:00:00Z")
    assert first["category"] == "outage"
    assert (found["C-2"]["acknowledged_at"], found["C-2"]["decided_at"]) == (None, None)
    whole = made(await lead.get(f"/v1/complaints/{first['id']}"))
    assert (whole["words"], whole["parties"][0]["name"]) == ("The portal was down.", "王芳")
    assert (whole["promised"], whole["channel_version"], whole["open_steps"]) == ({}, None, [])
    assert objected(await lead.post(f"/v1/complaints/{first['id']}/acknowledge", json={"method": "visit"})) == [
        "wrong_state"
    ]


async def test_an_imported_case_is_journalled_once_by_who_ordered_it(lead: httpx.AsyncClient) -> None:
    job = await imported(lead, csv_of([case("C-1")]))
    (found,) = (await complaints_of(lead)).values()
    (entry,) = await timeline(lead, found["id"])
    assert (entry["type"], entry["clause"], entry["version"]) == ("complaints.complaint.imported.v1", "8.2", 1)
    assert entry["actor"] == job["created_by"]
    assert (entry["data"]["origin"], entry["data"]["imported_by_job"]) == ("import", job["id"])
    assert moment(entry["data"]["closed_at"]) == datetime(2025, 3, 5, 9, tzinfo=UTC)
    assert found["version"] == 1


async def test_risk_raises_no_signal_for_a_past_case(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    await imported(lead, csv_of([case("C-1")]))
    (found,) = (await complaints_of(lead)).values()
    later = made(
        await lead.post("/v1/complaints", json={"words": "Now.", "anonymous": True, "concerns": ["safety"]}), 201
    )
    async with house.client("risk", tenant, "reader") as reader:
        async with asyncio.timeout(15):
            while not await signals_of(reader, later["id"]):
                await asyncio.sleep(0.02)
        assert await signals_of(reader, found["id"]) == []


WRONG = [
    case("C-1"),
    case("C-2", opened="yesterday"),
    case("C-3", what="two\nlines"),
    case("C-4", closed=""),
    case("no number at all!"),
    case("C-6", telephone=CANARY, kind=f"{CANARY} " * 20),
    case("C-7", solved="2025-03-02T00:00:00Z"),
    case("C-8", opened="2999-01-01T00:00:00Z", told="", solved="", closed="2999-01-02T00:00:00Z"),
    case("", who=CANARY),
]


async def test_wrong_rows_are_refused_by_line_and_column_and_quoted_nowhere(
    house: House, lead: httpx.AsyncClient
) -> None:
    file = csv_of(WRONG) + b'"' + CANARY.encode() + b"\nC-9\n"
    job = await imported(lead, file)
    assert counts(job) == {"records": 11, "read": 11, "created": 2, "refused": 9}
    found = await refusals(lead, job)
    assert {(one["line"], one["column"], one["code"]) for one in found} == {
        (3, "opened", "time_format"),
        (6, "closed", "still_open"),
        (7, "number", "pattern"),
        (8, "telephone", "pattern"),
        (8, "kind", "pattern"),
        (9, None, "times_order"),
        (10, "opened", "received_in_future"),
        (10, None, "times_order"),
        (11, "number", "missing"),
        (12, None, "not_csv"),
        (13, None, "wrong_number_of_cells"),
    }
    assert [one["line"] for one in found] == sorted(one["line"] for one in found)
    assert CANARY not in json.dumps(found, ensure_ascii=False)
    assert set(await complaints_of(lead)) == {"C-1", "C-3"}
    kept = await rows_of(house, "SELECT * FROM import_refusal WHERE job_id = $1", UUID(job["id"]))
    assert CANARY not in str(kept)
    (late,) = [one for one in await refusals(lead, job, **{"Accept-Language": "zh-CN"}) if one["line"] == 3]
    assert late["message"] == "时间的写法与映射中声明的格式不符。"


async def test_the_report_of_refusals_is_exported(lead: httpx.AsyncClient) -> None:
    job = await imported(lead, csv_of([case(f"C-{number}", closed="") for number in range(250)]))
    lines = await lead.get(f"{ADDRESS}/{job['id']}/refusals", headers={"Accept": "application/x-ndjson"})
    assert [json.loads(line)["line"] for line in lines.text.splitlines()] == list(range(2, 252))


async def test_a_repeated_import_adds_none_and_changes_nothing(lead: httpx.AsyncClient) -> None:
    await imported(lead, csv_of([case("C-1"), case("C-2")]))
    before = await complaints_of(lead)
    again = await imported(lead, csv_of([case("C-1", kind="Billing"), case("C-2"), case("C-3")]))
    assert counts(again) == {"records": 3, "read": 3, "created": 1, "unchanged": 2}
    after = await complaints_of(lead)
    assert {number: after[number] for number in before} == before


async def test_a_dry_run_tells_all_and_writes_nothing(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    await imported(lead, csv_of([case("C-1")]))
    before = await rows_of(house, "SELECT count(*) FROM journal WHERE provider_id = $1", tenant.id)
    rows = [case("C-1"), case("C-2"), case("C-3", closed=""), case("C-2")]
    job = await imported(lead, csv_of(rows), dry_run=True)
    assert job["dry_run"]
    assert counts(job) == {"records": 4, "read": 4, "created": 1, "unchanged": 1, "refused": 2}
    assert [one["code"] for one in await refusals(lead, job)] == ["still_open", "repeated"]
    assert set(await complaints_of(lead)) == {"C-1"}
    assert await rows_of(house, "SELECT count(*) FROM journal WHERE provider_id = $1", tenant.id) == before


async def test_of_rows_of_one_case_the_last_stands_or_the_first_as_declared(lead: httpx.AsyncClient) -> None:
    rows = [case("C-1", kind="first"), case("C-2"), case("C-1", kind="second"), case("C-1", kind="third")]
    last = await imported(lead, csv_of(rows), mapping(repeated="last"))
    assert counts(last) == {"records": 4, "read": 4, "created": 2, "superseded": 2}
    assert (await complaints_of(lead))["C-1"]["category"] == "third"
    renamed = [row | {"number": row["number"].replace("C", "D")} for row in rows]
    first = await imported(lead, csv_of(renamed))
    assert counts(first) == {"records": 4, "read": 4, "created": 2, "refused": 2}
    assert [(one["line"], one["message"]) for one in await refusals(lead, first)] == [
        (4, "Line 2 of the file is of the same record."),
        (5, "Line 2 of the file is of the same record."),
    ]
    assert (await complaints_of(lead))["D-1"]["category"] == "first"


async def test_an_open_case_goes_on_here_where_the_mapping_says_so(lead: httpx.AsyncClient) -> None:
    rows = [
        case("C-1", closed="", solved="", told=""),
        case("C-2", closed="", solved=""),
        case("C-3"),
        case("C-4", closed="", solved="", telephone="", who=""),
    ]
    job = await imported(lead, csv_of(rows), mapping(open_cases="take_over"))
    found = await complaints_of(lead)
    assert {number: one["state"] for number, one in found.items()} == {
        "C-1": "received", "C-2": "acknowledged", "C-3": "archived",
    }  # fmt: skip
    assert [(one["line"], one["code"]) for one in await refusals(lead, job)] == [(5, "contact_missing")]
    told = await acknowledge(lead, found["C-1"]["id"])
    assert (told["state"], told["origin"], told["version"]) == ("acknowledged", "import", 2)
    archived = await imported(lead, csv_of([case("D-1", closed="")]), mapping(open_cases="archive"))
    assert counts(archived)["created"] == 1
    stated = mapping({"state": field("kind", values={"zu": "archived", "offen": "received"})})
    rows = [case("E-1", kind="zu", closed=""), case("E-2", kind="offen", closed="", solved="", told="")]
    await imported(lead, csv_of([*rows, case("E-3", kind="offen", told="")]), stated)
    found = await complaints_of(lead)
    assert (found["E-1"]["state"], found["E-2"]["state"], "E-3" in found) == ("archived", "received", False)


async def test_json_lines_and_gb18030_are_read_as_declared(lead: httpx.AsyncClient) -> None:
    lines = "\n".join(json.dumps(case(f"J-{number}"), ensure_ascii=False) for number in range(3))
    assert counts(await imported(lead, lines.encode(), mapping(file={"format": "jsonl"})))["created"] == 3
    chinese = csv_of([case("G-1", what="系统很慢")], delimiter=";").decode().encode("gb18030")
    await imported(lead, chinese, mapping(file={"encoding": "gb18030", "delimiter": ";"}))
    found = (await complaints_of(lead))["G-1"]
    assert made(await lead.get(f"/v1/complaints/{found['id']}"))["words"] == "系统很慢"


@pytest.mark.parametrize(
    ("file", "declared", "found"),
    [
        (b"", mapping(), [("/file", "empty")]),
        (b"number,opened\n", mapping({"acknowledged_at": None}), [
            ("/mapping/fields/decided_at", "unknown_column"), ("/mapping/fields/closed_at", "unknown_column"),
        ]),
        (b"number,number,opened,solved,closed\n", mapping({"acknowledged_at": None}), [
            ("/mapping/fields/external_reference/id", "ambiguous_column"),
        ]),
        ("编号".encode("gb18030"), mapping(), [("/file", "encoding")]),
        (b'"number', mapping(), [("/file", "not_csv")]),
        (csv_of([]), mapping({"received_at": field("opened", format="%H")}), [
            ("/mapping/fields/received_at/format", "time_format"),
        ]),
        (csv_of([]), mapping({"received_at": None}), [("/mapping/fields/received_at", "missing")]),
        (csv_of([]), mapping({"words": {}}), [("/mapping/fields/words", "one_source")]),
        (csv_of([]), mapping(nonsense=1), [("/mapping/nonsense", "extra_forbidden")]),
    ],
)  # fmt: skip
async def test_what_cannot_be_imported_at_all_is_refused_at_once(
    lead: httpx.AsyncClient, file: bytes, declared: Any, found: list[tuple[str, str]]
) -> None:
    declared["fields"] = {
        name: one
        for name, one in declared["fields"].items()
        if name not in {"category", "words", "complainant"} or not one
    }
    assert faulted(await lead.post(ADDRESS, **form(file, declared))) == found
    assert made(await lead.get(ADDRESS))["items"] == []


async def test_a_mapping_has_a_limit_and_is_json(lead: httpx.AsyncClient) -> None:
    parts = form(csv_of([]), mapping({"words": {"template": "x"}, "title": {"constant": " "}}))
    parts["data"]["mapping"] = parts["data"]["mapping"] + " " * 70_000
    assert faulted(await lead.post(ADDRESS, **parts)) == [("/mapping", "too_large")]
    parts["data"]["mapping"] = "{"
    assert (await lead.post(ADDRESS, **parts)).status_code in {400, 422}


async def test_two_imports_of_one_file_at_once_make_no_doubles(house: House, tenant: Tenant) -> None:
    file = csv_of([case(f"C-{number}") for number in range(1200)])
    async with importing(house, tenant) as own:
        begun = [await start(own.lead, file) for _ in range(2)]
        workers = [Timers(own.database(), TIMERS) for _ in range(3)]
        async with asyncio.timeout(60):
            while await own.open_timers():
                await asyncio.gather(*(worker.fire_due() for worker in workers))
                own.clock.forward(timedelta(seconds=11))
        found = [await ended(own.lead, job) for job in begun]
    assert [one["state"] for one in found] == ["done", "done"]
    assert sum(one["created"] for one in found) == 1200
    assert sum(one["unchanged"] for one in found) == 1200
    numbers = await rows_of(house, "SELECT external_id FROM complaint WHERE provider_id = $1", tenant.id)
    assert len(numbers) == len({row[0] for row in numbers}) == 1200


async def test_a_runner_that_dies_in_the_middle_is_followed_by_one_that_ends_it_right(
    house: House, tenant: Tenant
) -> None:
    async with importing(house, tenant) as own:
        job = await start(own.lead, csv_of([case(f"C-{number}") for number in range(1700)]))
        first = own.database()
        await own.steps(Timers(first, TIMERS), 2)  # the keys, and 500 rows
        dying = asyncio.create_task(Timers(first, TIMERS).fire_due())

        def end(statement: str, values: tuple[Any, ...]) -> None:
            if "INSERT INTO complaint_party" in statement:
                dying.cancel()

        async with overheard(first, end):
            with pytest.raises(asyncio.CancelledError):
                await dying
        halfway = made(await own.lead.get(f"{ADDRESS}/{job['id']}"))
        assert (halfway["state"], counts(halfway)) == ("running", {"records": 1700, "read": 500, "created": 500})
        assert len(await rows_of(house, "SELECT 1 FROM complaint WHERE provider_id = $1", tenant.id)) == 500
        await own.steps(Timers(own.database(), TIMERS))
        whole = await ended(own.lead, job)
    assert (whole["state"], counts(whole)) == ("done", {"records": 1700, "read": 1700, "created": 1700})
    for table in ("complaint", "complaint_party", "journal"):
        assert len(await rows_of(house, f"SELECT 1 FROM {table} WHERE provider_id = $1", tenant.id)) == 1700


async def test_each_transaction_takes_at_most_500_rows(house: House, tenant: Tenant) -> None:
    async with importing(house, tenant) as own:
        await start(own.lead, csv_of([case(f"C-{number}") for number in range(1001)]))
        assert await own.steps(Timers(own.database(), TIMERS)) == 4
    query = "SELECT count(*) FROM complaint WHERE provider_id = $1 GROUP BY xmin::text ORDER BY 1"
    assert [row[0] for row in await rows_of(house, query, tenant.id)] == [1, 500, 500]


async def test_a_cancelled_import_keeps_what_it_created_and_leaves_nothing_of_the_file(
    house: House, tenant: Tenant
) -> None:
    async with importing(house, tenant) as own:
        job = await start(own.lead, csv_of([case(f"C-{number}") for number in range(600)]))
        timers = Timers(own.database(), TIMERS)
        await own.steps(timers, 2)
        cancelled = made(await own.lead.post(f"{ADDRESS}/{job['id']}/cancel"))
        assert (cancelled["state"], cancelled["created"]) == ("cancelled", 500)
        assert objected(await own.lead.post(f"{ADDRESS}/{job['id']}/cancel")) == ["import_ended"]
        await own.steps(timers)
        assert made(await own.lead.get(f"{ADDRESS}/{job['id']}"))["created"] == 500
    await nothing_left_of(house, job)


async def test_an_import_that_does_not_end_in_seven_days_fails_and_its_file_goes(house: House, tenant: Tenant) -> None:
    async with importing(house, tenant) as own:
        job = await start(own.lead, csv_of([case("C-1")]))
        await rows_of(house, "DELETE FROM timer WHERE provider_id = $1 AND step = 'next'", tenant.id)
        timers = Timers(own.database(), TIMERS)
        assert await own.steps(timers, 3) == 3
        own.clock.forward(timedelta(days=7))
        await own.steps(timers)
    async with house.client("complaints", tenant, "complaint_lead") as client:
        failed = made(await client.get(f"{ADDRESS}/{job['id']}"))
    assert (failed["state"], failed["fault"]) == ("failed", "It did not end within 7 days.")
    await nothing_left_of(house, job)


async def nothing_left_of(house: House, job: dict[str, Any]) -> None:
    """The file of an import is gone, with its key, its mapping and the keys of its rows."""
    for table in ("import_part", "import_key"):
        assert await rows_of(house, f"SELECT 1 FROM {table} WHERE job_id = $1", UUID(job["id"])) == []
    query = "SELECT wrapped_key, plan_sealed FROM import_job WHERE id = $1"
    assert [tuple(row) for row in await rows_of(house, query, UUID(job["id"]))] == [(None, None)]


async def test_the_file_is_kept_sealed_and_goes_with_the_end_of_its_import(house: House, tenant: Tenant) -> None:
    async with importing(house, tenant) as own:
        declared = mapping({"title": {"constant": CANARY}})
        job = await start(own.lead, csv_of([case("C-1", what=CANARY * 3)]), declared)
        kept = await rows_of(house, "SELECT sealed FROM import_part WHERE job_id = $1", UUID(job["id"]))
        whole = await rows_of(house, "SELECT * FROM import_job WHERE id = $1", UUID(job["id"]))
        assert len(kept) == 1
        assert CANARY.encode() not in b"".join(row[0] for row in kept)
        assert CANARY.encode() not in b"".join(one for one in whole[0].values() if isinstance(one, bytes))
        assert CANARY not in str(whole)
        await own.steps(Timers(own.database(), TIMERS))
    await nothing_left_of(house, job)


async def test_a_request_repeated_with_its_key_starts_one_import(lead: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "import-1"}
    first = await lead.post(ADDRESS, **form(csv_of([case("C-1")])), headers=headers)
    again = await lead.post(ADDRESS, **form(csv_of([case("C-1")])), headers=headers)
    assert first.headers["Content-Type"] == again.headers["Content-Type"]
    assert (made(first, 202), again.headers["Idempotency-Replayed"]) == (made(again, 202), "true")
    other = await lead.post(ADDRESS, **form(csv_of([case("C-2")])), headers=headers)
    assert other.json()["type"] == "urn:surety:problem:key_reused"
    assert len(made(await lead.get(ADDRESS))["items"]) == 1


async def test_a_large_body_is_taken_from_nobody_without_the_permission(house: House, tenant: Tenant) -> None:
    async def never() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for scope, status in (((), 401), (("complaint_handler",), 403)):
        async with house.client("complaints", tenant, *scope) as client:
            assert (await client.post(ADDRESS, content=never(), headers=headers)).status_code == status


async def test_a_file_of_more_than_50_mb_is_refused(lead: httpx.AsyncClient) -> None:
    too_large = await lead.post(ADDRESS, **form(b"x" * 50_000_000))
    assert (too_large.status_code, too_large.json()["type"]) == (413, "urn:surety:problem:too_large")
    other = await lead.post("/v1/complaints", content=b"x" * 1_000_001)
    assert other.status_code == 413


async def test_imports_are_listed_by_state(lead: httpx.AsyncClient) -> None:
    done = await imported(lead, csv_of([case("C-1")]))
    assert [one["id"] for one in made(await lead.get(f"{ADDRESS}?state=done"))["items"]] == [done["id"]]
    assert made(await lead.get(f"{ADDRESS}?state=failed"))["items"] == []


async def test_a_case_by_an_unknown_channel_is_refused_and_by_a_known_one_bears_its_id(lead: httpx.AsyncClient) -> None:
    channel = made(
        await lead.post("/v1/channels", json={"code": "hotline", "kind": "telephone", "name": "Hotline"}), 201
    )
    declared = mapping({"channel": field("kind", values={"Phone": "hotline", "Fax": "fax"}), "category": None})
    job = await imported(lead, csv_of([case("C-1", kind="Phone"), case("C-2", kind="Fax")]), declared)
    assert [(one["line"], one["column"], one["code"]) for one in await refusals(lead, job)] == [
        (3, "kind", "unknown_channel")
    ]
    found = (await complaints_of(lead))["C-1"]
    whole = made(await lead.get(f"/v1/complaints/{found['id']}"))
    assert (whole["channel"], whole["channel_id"], whole["promised"]) == ("hotline", channel["id"], {})


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole log is not beside this checkout")
async def test_the_890_real_cases_are_imported_as_one_file(lead: httpx.AsyncClient) -> None:
    await compare_with_log(lead, WHOLE, 890, 5998)


async def test_the_cases_of_the_excerpt_are_imported_as_one_file(lead: httpx.AsyncClient) -> None:
    await compare_with_log(lead, EXCERPT, 200, 200)


async def compare_with_log(lead: httpx.AsyncClient, log: Path, cases: int, lines: int) -> None:
    """The figures of a log's import, beside those that the standard library counts in it."""
    with log.open(encoding="utf-8", newline="") as text:
        last = {row["number"]: row for row in csv.DictReader(text)}
    job = await imported(lead, log.read_bytes(), LOG_MAPPING)
    assert (job["state"], job["records"], job["created"], job["refused"]) == ("done", lines, cases, 0)
    assert job["superseded"] == lines - cases
    exported = await lead.get("/v1/complaints?origin=import", headers={"Accept": "application/x-ndjson"})
    found = {one["external_reference"]["id"]: one for one in map(json.loads, exported.text.splitlines())}
    assert found.keys() == last.keys()
    for name, label in (("category", category_code), ("priority", PRIORITIES.get), ("urgency", LEVELS.get)):
        assert Counter(one[name] for one in found.values()) == Counter(label(row[name]) for row in last.values())
    for number, row in last.items():
        times = {"received_at": "opened_at", "decided_at": "resolved_at", "closed_at": "closed_at"}
        for here, there in times.items():
            known = None if row[there] == "?" else datetime.strptime(row[there], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
            assert (None if found[number][here] is None else moment(found[number][here])) == known
        assert found[number]["state"] == "archived"
