"""If-Match: a step is taken on the version that the caller has seen, or not at all."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.make.complaints import Json, contact, faulted, made, receive
from tests.make.house import House, Tenant


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who handles complaints."""
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        yield handler


async def acknowledge(handler: httpx.AsyncClient, complaint: Json, **headers: str) -> httpx.Response:
    return await handler.post(f"/v1/complaints/{complaint['id']}/acknowledge", json=contact(), headers=headers)


async def test_a_step_on_the_version_that_was_seen_is_taken_and_counts_it_up(handler: httpx.AsyncClient) -> None:
    complaint = await receive(handler)
    seen = (await handler.get(f"/v1/complaints/{complaint['id']}")).headers["ETag"]
    assert seen == f'"{complaint["version"]}"'
    answer = await acknowledge(handler, complaint, **{"If-Match": seen})
    assert made(answer)["version"] == complaint["version"] + 1
    assert answer.headers["ETag"] == f'"{complaint["version"] + 1}"'


async def test_a_step_on_another_version_is_refused_with_the_present_one(handler: httpx.AsyncClient) -> None:
    complaint = await receive(handler)
    for other in ('"0"', '"2"', '"99999999999999999999999999"'):
        answer = await acknowledge(handler, complaint, **{"If-Match": other})
        assert made(answer, 412)["type"] == "urn:surety:problem:stale"
        assert answer.headers["ETag"] == '"1"'
    assert made(await handler.get(f"/v1/complaints/{complaint['id']}"))["state"] == "received"


async def test_of_two_who_saw_the_same_version_the_second_is_refused_though_the_step_were_possible(
    house: House, tenant: Tenant
) -> None:
    async with house.client("complaints", tenant, "administrator") as lead:
        made_channel = made(
            await lead.post("/v1/channels", json={"code": "hotline", "kind": "telephone", "name": "Hotline"}), 201
        )
        path = f"/v1/channels/{made_channel['id']}/retire"
        assert made(await lead.post(path, headers={"If-Match": '"1"'}))["version"] == 2
        assert (await lead.post(path, headers={"If-Match": '"1"'})).status_code == 412
        assert (await lead.post(path)).status_code == 409, "without If-Match the state decides"


@pytest.mark.parametrize("header", ["1", '"', '""', '"one"', 'W/"1"', "*", '"1", "2"', '"-1"'])
async def test_what_is_no_version_in_quotes_is_refused(handler: httpx.AsyncClient, header: str) -> None:
    complaint = await receive(handler)
    assert faulted(await acknowledge(handler, complaint, **{"If-Match": header})) == [("If-Match", "version_expected")]


async def test_blanks_around_a_version_do_not_matter(handler: httpx.AsyncClient) -> None:
    complaint = await receive(handler)
    assert (await acknowledge(handler, complaint, **{"If-Match": ' "1" '})).status_code == 200


async def test_a_replayed_step_gets_its_answer_though_the_version_has_gone_on(handler: httpx.AsyncClient) -> None:
    complaint = await receive(handler)
    headers = {"If-Match": '"1"', "Idempotency-Key": "once"}
    first = await acknowledge(handler, complaint, **headers)
    again = await acknowledge(handler, complaint, **headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
