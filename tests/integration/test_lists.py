"""Lists: pages neither repeat nor skip, a cursor serves its own list only, and `updated_since` loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.tokens import Issuer
from tests.make.catalogue import read_catalogue
from tests.make.complaints import (
    SetClock,
    acknowledge,
    complaints_by,
    create_channel,
    faulted,
    made,
    moment,
    open_channel,
    promise,
    receive,
)
from tests.make.house import House, Tenant
from tests.make.rows import fill_many

Json = dict[str, Any]

MANY = 23


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """A client of complaints that may do all there."""
    async with house.client("complaints", tenant, "administrator") as lead:
        yield lead


async def fill_channels(house: House, tenant: Tenant, **expressions: str) -> None:
    """Many channels at once."""
    dsn = house.servers.postgres.dsn("complaints")
    table = (await read_catalogue(dsn))["channel"]
    connection = await asyncpg.connect(dsn)
    try:
        await fill_many(connection, table, {tenant.id: MANY}, kind="'web'", code="'c' || i", **expressions)
    finally:
        await connection.close()


async def walk(
    client: httpx.AsyncClient,
    path: str,
    *,
    between: Callable[[], Awaitable[object]] | None = None,
    **params: Any,
) -> list[Json]:
    """All items of a list, page by page; `between` happens after each page."""
    items: list[Json] = []
    page = made(await client.get(path, params=params))
    items += page["items"]
    while page["next"]:
        if between is not None:
            await between()
        page = made(await client.get(path, params=params | {"cursor": page["next"]}))
        items += page["items"]
    return items


def ids(items: list[Json]) -> list[str]:
    return [item["id"] for item in items]


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at"])
@pytest.mark.parametrize("limit", [1, 4, MANY, 200])
async def test_pages_hold_every_row_once_and_in_order_also_when_all_are_of_one_instant(
    house: House, tenant: Tenant, lead: httpx.AsyncClient, sort: str, limit: int
) -> None:
    await fill_channels(house, tenant, updated_at="now()")
    found = await walk(lead, "/v1/channels", sort=sort, limit=limit)
    assert len(found) == MANY
    assert ids(found) == sorted(ids(found), reverse=sort.startswith("-"))


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at"])
async def test_what_comes_in_while_pages_are_read_moves_nothing(
    house: House, tenant: Tenant, lead: httpx.AsyncClient, sort: str
) -> None:
    await fill_channels(house, tenant)
    before = set(ids(await walk(lead, "/v1/channels", limit=200)))
    numbers = iter(range(1000))

    async def more() -> None:
        await create_channel(lead, f"late-{next(numbers)}")

    found = ids(await walk(lead, "/v1/channels", sort=sort, limit=3, between=more))
    assert len(found) == len(set(found)), "a page repeats what another one had"
    assert before <= set(found), "a page skips what was there before it"


async def test_a_page_ends_where_the_limit_says_and_the_last_one_has_no_next(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    await fill_channels(house, tenant)
    page = made(await lead.get("/v1/channels", params={"limit": MANY}))
    assert (len(page["items"]), page["next"]) == (MANY, None)
    page = made(await lead.get("/v1/channels", params={"limit": MANY - 1}))
    assert len(page["items"]) == MANY - 1
    page = made(await lead.get("/v1/channels", params={"limit": MANY - 1, "cursor": page["next"]}))
    assert (len(page["items"]), page["next"]) == (1, None)
    assert len(made(await lead.get("/v1/channels"))["items"]) == MANY
    for limit in (0, 201, -1, "all"):
        assert faulted(await lead.get("/v1/channels", params={"limit": limit}))[0][0] == "?limit"


async def test_a_cursor_serves_its_own_list_only(
    house: House, tenant: Tenant, other_tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    await fill_channels(house, tenant)
    await fill_channels(house, other_tenant)
    own: Json = {"limit": 2, "sort": "updated_at", "kind": "web"}
    cursor = made(await lead.get("/v1/channels", params=own))["next"]
    assert made(await lead.get("/v1/channels", params=own | {"cursor": cursor, "limit": 5}))["items"]
    others: list[Json] = [
        own | {"sort": "-updated_at"},
        own | {"kind": "telephone"},
        {name: value for name, value in own.items() if name != "kind"},
        own | {"state": "drafted"},
        own | {"updated_since": "2026-01-01T00:00:00Z"},
    ]
    refusal = [("?cursor", "cursor_refused")]
    for other in others:
        assert faulted(await lead.get("/v1/channels", params=other | {"cursor": cursor})) == refusal, other
    assert faulted(await lead.get("/v1/complaints", params={"cursor": cursor})) == refusal
    async with house.client("complaints", other_tenant, "administrator") as stranger:
        assert made(await stranger.get("/v1/channels", params=own))["next"]
        assert faulted(await stranger.get("/v1/channels", params=own | {"cursor": cursor})) == refusal


async def test_a_cursor_of_one_records_list_does_not_serve_another_records(lead: httpx.AsyncClient) -> None:
    cursors = []
    for code in ("first", "second"):
        channel = await open_channel(lead, code)
        later = (utc_now() + timedelta(days=30)).isoformat()
        again = {"valid_from": later, "next_review_on": (utc_now() + timedelta(days=60)).date().isoformat()}
        await publish_again(lead, channel["id"], again)
        path = f"/v1/channels/{channel['id']}/versions"
        cursors.append((path, made(await lead.get(path, params={"limit": 1}))["next"]))
    (first, cursor), (second, _) = cursors
    assert made(await lead.get(first, params={"limit": 1, "cursor": cursor}))["items"][0]["number"] == 2
    assert faulted(await lead.get(second, params={"limit": 1, "cursor": cursor})) == [("?cursor", "cursor_refused")]


async def publish_again(lead: httpx.AsyncClient, channel_id: str, changes: Json) -> None:
    made(await lead.post(f"/v1/channels/{channel_id}/publish", json=promise(**changes)))


async def test_a_cursor_that_was_changed_or_is_a_day_old_is_refused(house: House, tenant: Tenant) -> None:
    await fill_channels(house, tenant)
    clock = SetClock(utc_now() - timedelta(days=2))
    async with complaints_by(house, clock) as at, at.client("complaints") as client:
        params: Json = {"limit": 2}

        async def ask(**more: str) -> httpx.Response:
            token = issue_at(house, tenant, clock)
            return await client.get("/v1/channels", params=params | more, headers={"Authorization": f"Bearer {token}"})

        cursor = made(await ask())["next"]
        clock.forward(timedelta(hours=23, minutes=59))
        assert made(await ask(cursor=cursor))["items"]
        for wrong in (cursor[::-1], cursor + "A", cursor[:-4], "", "A"):
            assert faulted(await ask(cursor=wrong)) == [("?cursor", "cursor_refused")], wrong
        clock.forward(timedelta(minutes=2))
        assert faulted(await ask(cursor=cursor)) == [("?cursor", "cursor_refused")]


def issue_at(house: House, tenant: Tenant, clock: Callable[[], datetime]) -> str:
    """A token that is valid by a clock of the test's own."""
    issuer = house.issuer()
    own = Issuer(issuer._key, issuer._issuer, clock)
    return own.issue(subject=new_id(), client_id=new_id(), provider_id=tenant.id, scope=["administrator"])[0]


async def test_updated_since_the_last_look_finds_what_changed_and_not_what_did_not(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    await fill_channels(house, tenant)  # changed minutes ago and before
    first = made(await lead.get("/v1/channels", params={"limit": 1}))
    assert timedelta(seconds=9) < utc_now() - moment(first["as_of"]) < timedelta(seconds=20), (
        "a transaction of 5 s that ends after this look must lie behind its as_of"
    )
    assert await walk(lead, "/v1/channels", updated_since=first["as_of"]) == []
    changed = [await create_channel(lead, code) for code in ("new", "newer")]
    found = await walk(lead, "/v1/channels", updated_since=first["as_of"], limit=1, sort="updated_at")
    assert ids(found) == ids(changed)


async def test_all_pages_of_a_walk_say_the_as_of_of_its_first(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    await fill_channels(house, tenant)
    first = made(await lead.get("/v1/channels", params={"limit": 5}))
    second = made(await lead.get("/v1/channels", params={"limit": 5, "cursor": first["next"]}))
    third = made(await lead.get("/v1/channels", params={"limit": 5, "cursor": second["next"]}))
    assert first["as_of"] == second["as_of"] == third["as_of"], "what changes behind the cursor must be found again"


async def test_a_poller_that_goes_by_as_of_misses_nothing_of_what_is_written_meanwhile(
    tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    seen: dict[str, int] = {}
    done = asyncio.Event()

    async def poll() -> None:
        since: Json = {}
        while not done.is_set() or not since:
            page = made(await lead.get("/v1/complaints", params={"limit": 1}))
            for item in await walk(lead, "/v1/complaints", sort="updated_at", limit=5, **since):
                seen[item["id"]] = max(item["version"], seen.get(item["id"], 0))
            since = {"updated_since": page["as_of"]}
        for item in await walk(lead, "/v1/complaints", sort="updated_at", **since):
            seen[item["id"]] = max(item["version"], seen.get(item["id"], 0))

    async def write() -> dict[str, int]:
        written: dict[str, int] = {}
        for _ in range(12):
            complaint = await receive(lead)
            written[complaint["id"]] = (await acknowledge(lead, complaint["id"]))["version"]
        return written

    poller = asyncio.create_task(poll())
    written = {key: value for part in await asyncio.gather(*(write() for _ in range(3))) for key, value in part.items()}
    done.set()
    await poller
    assert seen == written


async def test_a_filter_or_sort_that_a_list_does_not_have_is_refused(lead: httpx.AsyncClient) -> None:
    for params in (
        {"colour": "red"},
        {"sort": "name"},
        {"sort": "-id"},
        {"state": "open"},
        {"updated_since": "yesterday"},
    ):
        ((pointer, _),) = faulted(await lead.get("/v1/channels", params=params))
        assert pointer == f"?{next(iter(params))}"
