"""Lists of complaints: what they show, to whom, and in which order."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.make.complaints import complaint, made, moment, receive
from tests.make.house import House, Tenant

DAY = timedelta(days=1)


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 3),
        ({"state": "received"}, 3),
        ({"state": "acknowledged"}, 0),
        ({"category": "outage"}, 1),
        ({"priority": "critical"}, 1),
        ({"channel": "other"}, 3),
        ({"channel": "hotline"}, 0),
        ({"customer_id": "01a20a14-4089-70b8-afd4-a94f97d8a654"}, 1),
    ],
)
async def test_complaints_are_listed_by_what_they_are(
    lead: httpx.AsyncClient, query: dict[str, str], found: int
) -> None:
    await receive(lead, category="outage")
    await receive(lead, priority="critical")
    await receive(lead, customer_id="01a20a14-4089-70b8-afd4-a94f97d8a654")
    page = made(await lead.get("/v1/complaints", params=query))
    assert len(page["items"]) == found
    assert not {"words", "title", "parties", "receipt_code"} & {name for item in page["items"] for name in item}


async def test_complaints_are_paged_by_their_receipt_with_none_lost_or_repeated(lead: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    for days in (3, 1, 4, 1, 5):
        await receive(lead, received_at=(now - days * DAY).isoformat())
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = made(await lead.get("/v1/complaints", params=query))
        seen += page["items"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert [int((now - moment(one["received_at"])) / DAY + 0.5) for one in seen] == [1, 1, 3, 4, 5]
    assert len({one["id"] for one in seen}) == 5


async def test_another_provider_finds_no_complaint(house: House, lead: httpx.AsyncClient, other_tenant: Tenant) -> None:
    received = await receive(lead)
    async with house.client("complaints", other_tenant, "administrator") as other:
        address = f"/v1/complaints/{received['id']}"
        assert (await other.get(address)).status_code == 404
        assert (await other.get(f"{address}/timeline")).status_code == 404
        assert (await other.post(f"{address}/acknowledge", json={"method": "telephone"})).status_code == 404
        assert made(await other.get("/v1/complaints"))["items"] == []


async def test_staff_may_register_but_not_read(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "staff") as staff:
        received = await receive(staff)
        assert (await staff.get("/v1/complaints")).status_code == 403
        assert (await staff.get(f"/v1/complaints/{received['id']}")).status_code == 403
    async with house.client("complaints", tenant, "reader") as reader:
        assert (await reader.post("/v1/complaints", json=complaint())).status_code == 403
        assert made(await reader.get(f"/v1/complaints/{received['id']}"))["words"] == "***"
