"""Places of publication: what stands there is looked at with proof, against the version that holds, within 90 days."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.make.complaints import Json, create_channel, faulted, made, moment, objected, open_channel, publish_channel
from tests.make.house import House, Tenant
from tests.make.publications import ITEMS, check, found, list_place, place, prove, send_check

CHINESE = {"Accept-Language": "zh-CN"}
DAY = timedelta(days=1)


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """A lead whose provider has a hotline."""
    async with house.client("complaints", tenant, "complaint_lead") as client:
        await open_channel(client)
        yield client


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


async def asked(client: httpx.AsyncClient, state: str = "open") -> list[tuple[str, int]]:
    """What a caller is asked to do, by kind and level."""
    page = made(await client.get("/v1/services/complaints/tasks", params={"state": state}))
    return sorted((one["why"], one["level"]) for one in page["items"] if "publication" in one["why"])


async def looks(client: httpx.AsyncClient, publication_id: str) -> list[Json]:
    """All looks at a place, the youngest first."""
    items: list[Json] = made(await client.get(f"/v1/publications/{publication_id}/checks"))["items"]
    return items


async def listed(client: httpx.AsyncClient, **params: Any) -> list[str]:
    """The ids of the places that a filter finds."""
    page = made(await client.get("/v1/publications", params=params))
    return [one["id"] for one in page["items"]]


def ago(**time: float) -> str:
    """An instant that long before now."""
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


@pytest.mark.feature("C36")
@pytest.mark.clause("8.2")
async def test_a_place_that_is_listed_is_to_be_looked_at_within_ten_days(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    answer = await lead.post("/v1/publications", json=place())
    listed_place = made(answer, 201)
    assert made(await lead.get(answer.headers["Location"])) == listed_place
    assert answer.headers["ETag"] == '"1"'
    assert (listed_place["state"], listed_place["channel_version"], listed_place["faulty"]) == ("listed", 1, False)
    assert (listed_place["last_good_check_at"], listed_place["overdue"]) == (None, False)
    assert moment(listed_place["due_at"]) - moment(listed_place["listed_at"]) == 10 * DAY
    page = made(await handler.get("/v1/services/complaints/tasks"))["items"]
    (task,) = (one for one in page if one["record_id"] == listed_place["id"])
    assert (task["why"], task["role"], task["due_at"]) == (
        "check_publication",
        "complaint_handler",
        listed_place["due_at"],
    )
    assert task["title"] == "Check a place where channel hotline is published"


async def test_nothing_is_asked_of_a_place_of_a_channel_that_is_not_published_yet(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    await create_channel(lead, "web")
    drafted = await list_place(lead, channel="web")
    assert (drafted["channel_version"], drafted["due_at"], await asked(handler)) == (None, None, [])
    assert objected(await send_check(handler, drafted["id"])) == ["nothing_held"]


async def test_a_place_needs_a_channel_that_is_in_use(lead: httpx.AsyncClient) -> None:
    assert faulted(await lead.post("/v1/publications", json=place(channel="fax"))) == [("/channel", "unknown_channel")]
    channel = await create_channel(lead, "web")
    made(await lead.post(f"/v1/channels/{channel['id']}/retire"))
    refused = await lead.post("/v1/publications", json=place(channel="web", listed_at=ago(days=-1)))
    assert objected(refused) == ["channel_retired", "in_future"]


@pytest.mark.feature("C36")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_a_look_that_lacks_everything_is_refused_with_all_that_it_lacks(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    listed_place = await list_place(lead)
    path = f"/v1/publications/{listed_place['id']}/check"
    refused = made(await handler.post(path, json={"at": ago(days=3)}, headers=CHINESE), 409)
    assert [(one["code"], one["clause"]) for one in refused["objections"]] == [
        ("telephone_not_looked_at", "8.2-6"),
        ("web_address_not_looked_at", "8.2-7"),
        ("procedure_not_looked_at", "8.2-8"),
        ("limits_not_looked_at", "8.2-9"),
        ("before_listing", "8.2"),
        ("nothing_held", "8.2"),
        ("proof_missing", "8.2"),
    ]
    assert refused["objections"][0]["message"] == "请说明投诉电话的核查结果。"
    assert await looks(lead, listed_place["id"]) == []


@pytest.mark.feature("C36")
async def test_only_a_fresh_file_of_the_place_itself_proves_a_look_and_only_one(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    here, there = await list_place(lead), await list_place(lead, kind="contract", place="Annex 2")
    foreign = await prove(handler, there["id"])
    assert objected(await send_check(handler, here["id"], proof=foreign)) == ["proof_unknown"]
    old = await prove(handler, here["id"], effective_at=ago(days=2))
    assert objected(await send_check(handler, here["id"], proof=old)) == ["proof_old"]
    fresh = await prove(handler, here["id"], effective_at=ago(hours=1))
    await check(handler, here["id"], proof=fresh)
    assert objected(await send_check(handler, here["id"], proof=fresh)) == ["proof_used"]
    (look,) = await looks(lead, here["id"])
    assert look["proof_id"] == fresh


@pytest.mark.feature("C36")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_a_good_look_is_kept_with_who_when_what_and_proof_and_holds_for_ninety_days(
    house: House, tenant: Tenant, lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    listed_place = await list_place(lead)
    proof = await prove(handler, listed_place["id"])
    who = "01990000-0000-7000-8000-000000000001"
    after = await check(handler, listed_place["id"], proof=proof, checked_by=who)
    (look,) = await looks(lead, listed_place["id"])
    assert (look["found"], look["good"], look["channel_version"]) == (found(), True, 1)
    assert (look["checked_by"], look["entered_by"].split(":")[0], look["proof_id"]) == (
        f"person:{who}",
        "client",
        proof,
    )
    assert look["checked_at"] == look["entered_at"] == after["last_good_check_at"]
    assert moment(after["due_at"]) - moment(look["checked_at"]) == 90 * DAY
    assert (await asked(handler), await asked(handler, "done")) == ([], [("check_publication", 0)])
    async with house.database("complaints").connection(f"BEGIN; SET LOCAL app.provider_id = '{tenant.id}'") as (_, sql):
        query = "SELECT type, data->'proof'->>'attachment_id', data->'found'->>'limits' FROM journal WHERE subject = $1"
        entries = [tuple(row) for row in await sql.fetch(f"{query} ORDER BY version", listed_place["id"])]
    assert entries == [
        ("complaints.publication.created.v1", None, None),
        ("complaints.publication.attachment_added.v1", None, None),
        ("complaints.publication.checked.v1", proof, "as_published"),
    ]


@pytest.mark.feature("C36")
@pytest.mark.parametrize("finding", ["missing", "differs"])
async def test_what_was_found_wrong_is_the_leads_to_correct_until_a_later_look_finds_it_right(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient, finding: str
) -> None:
    listed_place = await list_place(lead)
    wrong = await check(handler, listed_place["id"], found=found() | {"limits": finding})
    assert (wrong["faulty"], wrong["last_good_check_at"], wrong["due_at"]) == (True, None, listed_place["due_at"])
    assert await asked(handler) == []
    assert await asked(lead) == [("correct_publication", 0)]
    await check(handler, listed_place["id"], found=found() | {"limits": finding})
    assert await asked(lead) == [("correct_publication", 0)], "it is asked once"
    assert await listed(lead, faulty=True) == [listed_place["id"]]
    right = await check(handler, listed_place["id"])
    assert (right["faulty"], await asked(lead), await asked(lead, "done")) == (False, [], [("correct_publication", 0)])
    assert await listed(lead, faulty=True) == []


async def test_a_look_that_is_entered_late_overrules_no_later_one(
    house: House, lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    listed_place = await list_place(lead)
    earlier = datetime.now(UTC).isoformat()
    wrong = await check(handler, listed_place["id"], found=found() | {"telephone": "missing"})
    late = await check(handler, listed_place["id"], at=earlier)
    assert (late["faulty"], moment(late["last_good_check_at"])) == (True, moment(earlier))
    assert await asked(lead) == [("correct_publication", 0)]
    assert [one["good"] for one in await looks(lead, listed_place["id"])] == [False, True]
    assert late["version"] > wrong["version"]


async def test_a_place_that_is_removed_asks_for_nothing_any_more(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    kept, gone = await list_place(lead), await list_place(lead, kind="wechat", place="WeChat account")
    await check(handler, gone["id"], found=found() | {"telephone": "differs"})
    removed = made(await lead.post(f"/v1/publications/{gone['id']}/remove", json={"cause": "taken_down"}))
    assert (removed["state"], removed["cause"], removed["due_at"]) == ("removed", "taken_down", None)
    assert removed["open_steps"] == []
    assert await asked(lead) == []
    assert await asked(handler) == [("check_publication", 0)]
    assert await asked(lead, "cancelled") == [("correct_publication", 0)]
    assert objected(await send_check(handler, gone["id"])) == ["wrong_state"]
    assert await listed(lead, state="removed") == [gone["id"]]
    assert await listed(lead, state="listed") == [kept["id"]]
    assert len(await looks(lead, gone["id"])) == 1


async def test_a_step_at_a_version_that_has_changed_is_refused(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    listed_place = await list_place(lead)
    await check(handler, listed_place["id"])
    path = f"/v1/publications/{listed_place['id']}/remove"
    assert (await lead.post(path, json={"cause": "moved"}, headers={"If-Match": '"1"'})).status_code == 412


async def test_places_are_found_by_channel_and_kind(lead: httpx.AsyncClient) -> None:
    await open_channel(lead, "web")
    hotline, web = await list_place(lead), await list_place(lead, channel="web", kind="notice_board", place="大厅")
    assert await listed(lead, channel="web") == await listed(lead, kind="notice_board") == [web["id"]]
    assert set(await listed(lead)) == {hotline["id"], web["id"]}
    assert await listed(lead, overdue=True) == []


async def test_a_place_that_was_there_long_before_its_version_has_the_time_that_the_version_gives(
    lead: httpx.AsyncClient,
) -> None:
    long_there = await list_place(lead, listed_at=ago(days=30))
    assert long_there["overdue"] is False, "the version is new, so there is time to look"
    assert moment(long_there["listed_at"]) < moment(long_there["due_at"]) - 30 * DAY


async def test_a_proof_is_downloaded_by_a_link_and_that_is_journalled_on_it(
    house: House, tenant: Tenant, lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    listed_place = await list_place(lead)
    proof = await prove(handler, listed_place["id"])
    where = f"/v1/publications/{listed_place['id']}/attachments/{proof}"
    url = made(await handler.post(f"{where}/link"))["url"]
    async with house.client("complaints") as anyone:
        content = (await anyone.get(url)).text
        assert (await anyone.get(url.replace("publications", "complaints"))).status_code == 404
    assert content.startswith("What stands there")
    assert made(await lead.get(where))["times_opened"] == 1
    assert made(await lead.get(f"/v1/publications/{listed_place['id']}"))["version"] == 2


async def test_the_next_version_is_asked_for_as_soon_as_it_holds(
    lead: httpx.AsyncClient, handler: httpx.AsyncClient
) -> None:
    listed_place = await list_place(lead)
    await check(handler, listed_place["id"])
    await publish_channel(lead, listed_place["channel_id"], telephone="+86 10 5555 0199")
    after = await check(handler, listed_place["id"], found=dict.fromkeys(ITEMS, "as_published"))
    assert (after["channel_version"], [one["channel_version"] for one in await looks(lead, listed_place["id"])]) == (
        2,
        [2, 1],
    )
