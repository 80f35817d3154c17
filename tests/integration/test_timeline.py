"""The timeline: all that happened to a complaint, entry by entry, with the contacts behind it."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from contracts.complaints import EVENTS, ComplaintAcknowledged, ComplaintReceived
from tests.make.complaints import (
    acknowledge,
    complain,
    faulted,
    made,
    moment,
    receive,
    timeline,
)
from tests.make.house import House, Tenant


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


@pytest.mark.clause("8.2")
async def test_each_step_is_an_entry_and_the_versions_are_dense(handler: httpx.AsyncClient) -> None:
    received = await receive(handler)
    acknowledged = await acknowledge(handler, received["id"], words="Told her.")
    first, second = await timeline(handler, received["id"])
    assert [first["version"], second["version"]] == [1, 2]
    assert [first["type"], second["type"]] == [ComplaintReceived.TYPE, ComplaintAcknowledged.TYPE]
    assert moment(first["at"]) == moment(received["registered_at"])
    assert moment(second["at"]) == moment(acknowledged["updated_at"])
    assert first["actor"] == second["actor"] == received["registered_by"]
    assert {first["clause"], second["clause"]} == {"8.2"}
    assert first["contact"] is None
    assert (second["contact"]["method"], second["contact"]["words"]) == ("telephone", "Told her.")
    assert UUID(first["event_id"]).version == 7
    assert first["event_id"] < second["event_id"]


async def test_an_entry_holds_the_whole_shared_state_as_its_contract_says(handler: httpx.AsyncClient) -> None:
    reference = {"system": "servicenow", "id": "INC0000045"}
    received = await receive(handler, external_reference=reference, concerns=["safety"])
    await acknowledge(handler, received["id"])
    for entry in await timeline(handler, received["id"]):
        contract = EVENTS[entry["type"]]
        assert entry["data"].keys() == contract.model_fields.keys()
        state = contract.model_validate(entry["data"]).model_dump(mode="json")
        assert state == entry["data"]
        assert state["complaint_id"] == received["id"]
        assert (state["external_reference"], state["concerns"]) == (reference, ["safety"])


async def test_who_acted_is_told(house: House, tenant: Tenant, handler: httpx.AsyncClient) -> None:
    async with house.client("complaints") as public:
        await complain(public, tenant)
    (found,) = made(await handler.get("/v1/complaints"))["items"]
    acknowledged = await acknowledge(handler, found["id"])
    first, second = await timeline(handler, found["id"])
    assert first["actor"] == "public"
    kind, _, client = second["actor"].partition(":")
    assert (kind, UUID(client).version) == ("client", 7)
    assert acknowledged["registered_by"] == "public"


async def test_readers_read_the_words_that_were_said(house: House, tenant: Tenant, handler: httpx.AsyncClient) -> None:
    received = await receive(handler)
    await acknowledge(handler, received["id"], words="她说：两天了。")
    async with house.client("complaints", tenant, "complaint_lead") as lead:
        (_, second) = await timeline(lead, received["id"])
        assert second["contact"]["words"] == "她说：两天了。"
    async with house.client("complaints", tenant, "staff", "security_officer") as neither:
        answer = await neither.get(f"/v1/complaints/{received['id']}/timeline")
        assert answer.status_code == 403


async def test_a_timeline_is_read_page_by_page(handler: httpx.AsyncClient) -> None:
    received = await receive(handler)
    await acknowledge(handler, received["id"])
    address = f"/v1/complaints/{received['id']}/timeline"
    first = made(await handler.get(address, params={"limit": 1}))
    assert [entry["version"] for entry in first["items"]] == [1]
    second = made(await handler.get(address, params={"limit": 1, "cursor": first["next"]}))
    assert [entry["version"] for entry in second["items"]] == [2]
    assert second["items"][0]["contact"]["method"] == "telephone"
    assert second["next"] is None
    other = await receive(handler)
    elsewhere = await handler.get(
        f"/v1/complaints/{other['id']}/timeline", params={"limit": 1, "cursor": first["next"]}
    )
    assert faulted(elsewhere) == [("?cursor", "cursor_refused")]


async def test_a_timeline_holds_one_complaint_only(handler: httpx.AsyncClient) -> None:
    one, other = await receive(handler), await receive(handler)
    await acknowledge(handler, other["id"])
    assert {entry["data"]["complaint_id"] for entry in await timeline(handler, one["id"])} == {one["id"]}


async def test_another_provider_and_an_unknown_complaint_are_not_found(
    house: House, handler: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    received = await receive(handler)
    async with house.client("complaints", other_tenant, "administrator") as other:
        assert (await other.get(f"/v1/complaints/{received['id']}/timeline")).status_code == 404
    unknown = "01a20a14-4089-70b8-afd4-a94f97d8a654"
    assert (await handler.get(f"/v1/complaints/{unknown}/timeline")).status_code == 404
    assert faulted(await handler.get("/v1/complaints/1/timeline")) == [("complaint_id", "uuid_parsing")]
