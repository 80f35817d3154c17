"""Channels: what a provider publishes about complaints, version by version."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.make.complaints import (
    SetClock,
    complaints_by,
    create_channel,
    faulted,
    made,
    moment,
    objected,
    open_channel,
    promise,
    publish_channel,
)
from tests.make.house import House, Tenant

CHINESE = {"Accept-Language": "zh-CN"}
DAY = timedelta(days=1)


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


@pytest.fixture
async def public(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints") as client:
        yield client


async def published(public: httpx.AsyncClient, tenant: Tenant, **query: Any) -> dict[str, Any]:
    """What anybody sees of a provider's channels."""
    return made(await public.get(f"/v1/public/{tenant.slug}/channels", params=query))


def codes(page: dict[str, Any]) -> list[str]:
    return [channel["code"] for channel in page["items"]]


@pytest.mark.feature("C1")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_anybody_reads_telephone_address_procedure_and_limits_without_a_login(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead)
    (channel,) = (await published(public, tenant))["items"]
    told = {name: channel[name] for name in ("telephone", "web_address", "procedure", "limits", "hours")}
    assert told == {name: promise()[name] for name in told}
    assert (channel["code"], channel["kind"], channel["name"]) == ("hotline", "telephone", "Complaint hotline")
    assert not {"id", "published_by", "open_steps", "state"} & channel.keys()


async def test_a_provider_is_found_by_its_id_too(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead)
    assert codes(made(await public.get(f"/v1/public/{tenant.id}/channels"))) == ["hotline"]


async def test_a_drafted_channel_promises_nothing(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    channel = await create_channel(lead)
    assert (channel["state"], channel["published"], channel["review_overdue"]) == ("drafted", None, False)
    assert codes(await published(public, tenant)) == []


async def test_a_created_channel_is_found_where_the_answer_says(lead: httpx.AsyncClient) -> None:
    body = {"code": "web", "kind": "web", "name": "网上投诉"}
    answer = await lead.post("/v1/channels", json=body)
    found = await lead.get(answer.headers["Location"])
    assert found.json() == answer.json()
    assert found.headers["ETag"] == answer.headers["ETag"] == '"1"'


async def test_two_channels_cannot_have_one_code_but_two_providers_can(
    house: House, lead: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    await create_channel(lead, "web")
    again = await lead.post("/v1/channels", json={"code": "web", "kind": "web", "name": "Web"}, headers=CHINESE)
    assert made(again, 409)["detail"] == "已有其他渠道使用该代码。"
    async with house.client("complaints", other_tenant, "complaint_lead") as other:
        await create_channel(other, "web")


async def test_the_built_in_channel_cannot_be_created(lead: httpx.AsyncClient) -> None:
    answer = await lead.post("/v1/channels", json={"code": "other", "kind": "other", "name": "Other"})
    assert objected(answer) == ["built_in"]


@pytest.mark.parametrize(
    ("language", "messages"),
    [
        (
            "en",
            [
                "The complaint telephone number is missing.",
                "The online complaint address is missing.",
                "The procedure for accepting complaints is missing.",
                "The time limits are missing.",
                "The date of the next review is missing.",
            ],
        ),
        ("zh-CN", ["缺少投诉电话。", "缺少网上投诉地址。", "缺少受理程序。", "缺少处理时限。", "缺少下次评审日期。"]),
    ],
)
@pytest.mark.feature("C1")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_a_refusal_to_publish_names_everything_missing_at_once(
    lead: httpx.AsyncClient, language: str, messages: list[str]
) -> None:
    channel = await create_channel(lead)
    answer = await lead.post(f"/v1/channels/{channel['id']}/publish", json={}, headers={"Accept-Language": language})
    document = made(answer, 409)
    assert [one["message"] for one in document["objections"]] == messages
    assert [one["clause"] for one in document["objections"]] == ["8.2-6", "8.2-7", "8.2-8", "8.2-9", "8.2"]
    assert answer.headers["Content-Language"] == language
    assert made(await lead.get(f"/v1/channels/{channel['id']}"))["state"] == "drafted"


async def test_open_steps_say_what_publishing_needs_and_what_the_caller_may_not(
    house: House, lead: httpx.AsyncClient, tenant: Tenant
) -> None:
    channel = await create_channel(lead)
    lacks = {step["step"]: [one["code"] for one in step["lacks"]] for step in channel["open_steps"]}
    assert lacks["retire"] == []
    assert lacks["publish"] == [
        "telephone_missing",
        "web_address_missing",
        "procedure_missing",
        "limits_missing",
        "next_review_on_missing",
    ]
    async with house.client("complaints", tenant, "reader") as reader:
        seen = made(await reader.get(f"/v1/channels/{channel['id']}"))
    assert {step["step"] for step in seen["open_steps"] if step["lacks"][0]["code"] == "not_permitted"} == {
        "publish",
        "retire",
    }


@pytest.mark.feature("C1")
async def test_a_new_version_ends_the_one_before_it(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    channel = await open_channel(lead, limits={"acknowledge": 8, "decide": 80})
    await publish_channel(lead, channel["id"], limits={"acknowledge": 4, "decide": 40})
    first, second = made(await lead.get(f"/v1/channels/{channel['id']}/versions"))["items"]
    assert (first["number"], second["number"]) == (1, 2)
    assert first["valid_to"] == second["valid_from"]
    assert second["valid_to"] is None
    assert first["limits"] == {"acknowledge": 8, "decide": 80}, "what was promised stays readable"
    (seen,) = (await published(public, tenant))["items"]
    assert (seen["number"], seen["limits"]) == (2, {"acknowledge": 4, "decide": 40})


async def test_versions_published_at_once_follow_each_other_without_gap_or_overlap(lead: httpx.AsyncClient) -> None:
    channel = await create_channel(lead)
    address = f"/v1/channels/{channel['id']}/publish"
    answers = await asyncio.gather(*(lead.post(address, json=promise()) for _ in range(5)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert all(objected(answer) == ["not_after_previous"] for answer in refused)
    versions = made(await lead.get(f"/v1/channels/{channel['id']}/versions"))["items"]
    assert [one["number"] for one in versions] == list(range(1, 6 - len(refused)))
    assert [one["valid_to"] for one in versions] == [*(one["valid_from"] for one in versions[1:]), None]


async def test_the_content_hash_tells_equal_content_from_changed_content(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    await publish_channel(lead, channel["id"])
    await publish_channel(lead, channel["id"], procedure="We answer.")
    hashes = [one["content_hash"] for one in made(await lead.get(f"/v1/channels/{channel['id']}/versions"))["items"]]
    assert hashes[0] == hashes[1] != hashes[2]
    assert all(len(one) == 64 and int(one, 16) for one in hashes)


@pytest.mark.parametrize(("seconds", "code"), [(-60, "backdated"), (-60 * 60 * 24 * 400, "backdated")])
async def test_a_promise_is_not_backdated(lead: httpx.AsyncClient, seconds: int, code: str) -> None:
    channel = await create_channel(lead)
    start = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    answer = await lead.post(f"/v1/channels/{channel['id']}/publish", json=promise(valid_from=start))
    assert objected(answer) == [code]


async def test_a_version_of_the_future_is_not_shown_until_it_holds(
    house: House, tenant: Tenant, public: httpx.AsyncClient
) -> None:
    clock = SetClock(datetime.now(UTC) - 30 * DAY)
    async with (
        complaints_by(house, clock) as past,
        past.client("complaints", tenant, "complaint_lead") as lead,
        past.client("complaints") as anybody,
    ):
        channel = await open_channel(lead, procedure="The old way.")
        start = clock.now + DAY
        after = await publish_channel(lead, channel["id"], procedure="The new way.", valid_from=start.isoformat())
        assert after["published"]["procedure"] == "The old way."
        assert moment(after["published"]["valid_to"]) == start
        clock.now = start - timedelta(microseconds=1)
        assert (await published(anybody, tenant))["items"][0]["procedure"] == "The old way."
        clock.now = start
        assert (await published(anybody, tenant))["items"][0]["procedure"] == "The new way."
    assert (await published(public, tenant))["items"][0]["number"] == 2


async def test_a_planned_version_is_followed_only_by_a_later_one(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    planned = datetime.now(UTC) + DAY
    await publish_channel(lead, channel["id"], valid_from=planned.isoformat())
    address = f"/v1/channels/{channel['id']}/publish"
    assert objected(await lead.post(address, json=promise())) == ["not_after_previous"]
    same = promise(valid_from=planned.isoformat())
    assert objected(await lead.post(address, json=same)) == ["not_after_previous"]
    await publish_channel(lead, channel["id"], valid_from=(planned + DAY).isoformat())


@pytest.mark.feature("C1")
async def test_an_overdue_review_is_shown_to_staff(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    clock = SetClock(datetime.now(UTC) - 400 * DAY)
    review = clock.now.date() + 365 * DAY
    async with complaints_by(house, clock) as past, past.client("complaints", tenant, "complaint_lead") as then:
        channel = await open_channel(then, next_review_on=review.isoformat())
    assert not channel["review_overdue"]
    assert made(await lead.get(f"/v1/channels/{channel['id']}"))["review_overdue"]
    assert not (await publish_channel(lead, channel["id"]))["review_overdue"], "a new version is a review"


@pytest.mark.feature("C1")
async def test_a_retired_channel_disappears_and_comes_back_no_more(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    channel = await open_channel(lead)
    retired = made(await lead.post(f"/v1/channels/{channel['id']}/retire"))
    assert (retired["state"], retired["published"], retired["open_steps"]) == ("retired", None, [])
    assert codes(await published(public, tenant)) == []
    again = await lead.post(f"/v1/channels/{channel['id']}/publish", json=promise(), headers=CHINESE)
    assert made(again, 409)["objections"] == [
        {"code": "wrong_state", "message": "当前状态为“已停用”；该步骤要求状态为“草拟”或“已公布”。", "clause": "8.2"}
    ]


async def test_retiring_ends_what_holds_and_what_was_planned(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    planned = datetime.now(UTC) + DAY
    await publish_channel(lead, channel["id"], valid_from=planned.isoformat())
    retired = made(await lead.post(f"/v1/channels/{channel['id']}/retire"))
    assert retired["published"] is None
    held, never = made(await lead.get(f"/v1/channels/{channel['id']}/versions"))["items"]
    assert moment(held["valid_to"]) == moment(retired["updated_at"])
    assert never["valid_from"] == never["valid_to"]


async def test_a_stale_version_is_refused_and_the_present_one_told(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    address = f"/v1/channels/{channel['id']}/retire"
    stale = await lead.post(address, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"2"')
    assert (await lead.post(address, headers={"If-Match": '"2"'})).status_code == 200


@pytest.mark.parametrize("given", ["2", 'W/"2"', '""', '"two"', "*"])
async def test_a_version_that_cannot_be_read_is_refused(lead: httpx.AsyncClient, given: str) -> None:
    channel = await open_channel(lead)
    answer = await lead.post(f"/v1/channels/{channel['id']}/retire", headers={"If-Match": given})
    assert faulted(answer) == [("If-Match", "version_expected")]


@pytest.mark.feature("C1")
async def test_the_public_list_is_paged_by_code(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    for code in ("delta", "alpha", "echo", "charlie", "bravo"):
        await open_channel(lead, code)
    page = await published(public, tenant, limit=2)
    seen = codes(page)
    while page["next"]:
        page = await published(public, tenant, limit=2, cursor=page["next"])
        seen += codes(page)
    assert seen == ["alpha", "bravo", "charlie", "delta", "echo"]


async def test_a_cursor_of_another_provider_is_refused(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant
) -> None:
    for code in ("alpha", "bravo"):
        await open_channel(lead, code)
    cursor = (await published(public, tenant, limit=1))["next"]
    answer = await public.get(f"/v1/public/{other_tenant.slug}/channels", params={"limit": 1, "cursor": cursor})
    assert faulted(answer) == [("?cursor", "cursor_refused")]


async def test_channels_are_listed_by_state_and_kind(lead: httpx.AsyncClient) -> None:
    await open_channel(lead, "hotline")
    await create_channel(lead, "web", kind="web")
    assert codes(made(await lead.get("/v1/channels"))) == ["web", "hotline"], "the last changed comes first"
    assert codes(made(await lead.get("/v1/channels", params={"state": "drafted"}))) == ["web"]
    assert codes(made(await lead.get("/v1/channels", params={"kind": "telephone"}))) == ["hotline"]


async def test_another_provider_finds_no_channel(
    house: House, lead: httpx.AsyncClient, public: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    channel = await open_channel(lead)
    async with house.client("complaints", other_tenant, "complaint_lead") as other:
        address = f"/v1/channels/{channel['id']}"
        assert (await other.get(address)).status_code == 404
        assert (await other.get(f"{address}/versions")).status_code == 404
        assert (await other.post(f"{address}/publish", json=promise())).status_code == 404
        assert (await other.post(f"{address}/retire")).status_code == 404
        assert codes(made(await other.get("/v1/channels"))) == []
    assert codes(await published(public, other_tenant)) == []


async def test_who_may_not_publish_is_refused_before_anything_is_read(
    house: House, lead: httpx.AsyncClient, tenant: Tenant
) -> None:
    channel = await create_channel(lead)
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        assert (await handler.get(f"/v1/channels/{channel['id']}")).status_code == 200
        assert (await handler.post(f"/v1/channels/{channel['id']}/publish", json=promise())).status_code == 403
        assert (await handler.post("/v1/channels", json={})).status_code == 403
