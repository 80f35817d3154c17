"""The clock of places of publication: ninety days, another version, the end of a channel, and what is proved when."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.complaints.publications.queries import PublicationFacts, publication_facts
from tests.make.clockwork import Clockwork, clockwork, local
from tests.make.complaints import Json, made, moment, open_channel, publish_channel
from tests.make.house import House
from tests.make.publications import check, found, list_place

BEGIN = "2025-01-06 09:00"
DAY = timedelta(days=1)
REVIEW = {"next_review_on": "2026-12-31"}


@pytest.fixture
async def works(apart: House) -> AsyncIterator[Clockwork]:
    """A provider on a Monday morning."""
    async with clockwork(apart, BEGIN, {}) as works:
        yield works


@pytest.fixture
async def lead(works: Clockwork) -> AsyncIterator[httpx.AsyncClient]:
    async with works.house.client("complaints", works.tenant, "complaint_lead") as client:
        await open_channel(client, **REVIEW)
        yield client


async def asked(works: Clockwork, role: str, state: str = "open") -> list[tuple[str, int]]:
    """What a role is asked to do, by kind and level."""
    async with works.house.client("complaints", works.tenant, role) as client:
        page = made(await client.get("/v1/services/complaints/tasks", params={"state": state}))
    return sorted((one["why"], one["level"]) for one in page["items"])


async def read(lead: httpx.AsyncClient, publication: Json) -> Json:
    return made(await lead.get(f"/v1/publications/{publication['id']}"))


async def journalled(works: Clockwork, publication: Json) -> list[tuple[str, int | None]]:
    """What happened to a place: the event's last words, and the percentage of a rung."""
    async with works.work() as work:
        query = "SELECT type, (data->>'percent')::int FROM journal WHERE provider_id = $1 AND subject = $2"
        rows = await work.driver.fetch(f"{query} ORDER BY version", works.tenant.id, publication["id"])
    return [(type_.split(".")[2], percent) for type_, percent in rows]


async def facts(works: Clockwork, at: str) -> list[PublicationFacts]:
    async with works.work() as work:
        return await publication_facts(work, local(at))


@pytest.mark.feature("C36")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_within_ninety_days_the_handlers_are_asked_and_then_the_lead_each_once(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    place, workers = await list_place(lead), [works.timers() for _ in range(3)]
    after = await check(lead, place["id"])
    assert moment(after["due_at"]) == local(BEGIN) + 90 * DAY
    assert await works.fire_at("2025-03-19 08:59", *workers) == 0
    assert await works.fire_at("2025-03-19 09:00", *workers) == 1
    assert await works.fire_at("2025-03-19 09:01", *workers) == 0
    assert (await asked(works, "complaint_handler"), await asked(works, "complaint_lead")) == (
        [("check_publication", 80)],
        [],
    )
    assert (await read(lead, place))["overdue"] is False
    assert await works.fire_at("2025-04-06 09:00", *workers) == 1
    works.clock.forward(timedelta(seconds=1))
    assert (await read(lead, place))["overdue"] is True
    assert await asked(works, "complaint_lead") == [("check_publication", 100)]
    overdue = made(await lead.get("/v1/publications", params={"overdue": "true"}))["items"]
    assert [one["id"] for one in overdue] == [place["id"]]
    await check(lead, place["id"])
    assert (await asked(works, "complaint_handler"), await asked(works, "complaint_lead")) == ([], [])
    assert await works.fire_at("2025-06-17 09:00", *workers) == 0
    assert await works.fire_at("2025-06-18 09:00", *workers) == 1, "the ladder begins anew"
    assert [one for one in await journalled(works, place) if one[0] == "clock_reached"] == [
        ("clock_reached", 80),
        ("clock_reached", 100),
        ("clock_reached", 80),
    ]


@pytest.mark.feature("C36")
async def test_a_look_that_found_it_wrong_gives_no_more_time(works: Clockwork, lead: httpx.AsyncClient) -> None:
    place, timers = await list_place(lead), works.timers()
    await check(lead, place["id"])
    works.clock.now = local("2025-03-01 09:00")
    wrong = await check(lead, place["id"], found=found() | {"limits": "missing"})
    assert moment(wrong["due_at"]) == local(BEGIN) + 90 * DAY
    assert await works.fire_at("2025-04-06 09:00", timers) == 1
    assert await asked(works, "complaint_lead") == [("check_publication", 100), ("correct_publication", 0)]


@pytest.mark.feature("C36")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_a_look_before_another_version_holds_proves_nothing_of_it(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    place, timers = await list_place(lead), works.timers()
    await check(lead, place["id"])
    later = local("2025-02-03 09:00").isoformat()
    await publish_channel(lead, place["channel_id"], valid_from=later, telephone="+86 10 5555 0199", **REVIEW)
    meanwhile = await list_place(lead, kind="notice_board", place="大厅")
    await check(lead, meanwhile["id"])
    assert await works.fire_at("2025-02-03 08:59", timers) == 0
    assert await asked(works, "complaint_handler") == []
    assert await works.fire_at("2025-02-03 09:00", timers) == 2
    for one in (place, meanwhile):
        now = await read(lead, one)
        assert (now["channel_version"], now["last_good_check_at"]) == (2, None)
        assert moment(now["due_at"]) == local("2025-02-13 09:00")
        assert (await journalled(works, one))[-1] == ("version_changed", None)
    assert await asked(works, "complaint_handler") == [("check_publication", 0)] * 2
    old = await check(lead, place["id"], at=local("2025-02-03 08:00").isoformat())
    assert (old["last_good_check_at"], await asked(works, "complaint_handler")) == (
        None,
        [("check_publication", 0)] * 2,
    )
    new = await check(lead, place["id"])
    assert moment(new["last_good_check_at"]) == local("2025-02-03 09:00")
    assert await asked(works, "complaint_handler") == [("check_publication", 0)]


async def test_a_look_between_the_hour_of_a_version_and_its_timer_is_held_against_it(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    place, timers = await list_place(lead), works.timers()
    later = local("2025-02-03 09:00").isoformat()
    await publish_channel(lead, place["channel_id"], valid_from=later, **REVIEW)
    works.clock.now = local("2025-02-03 09:00")
    after = await check(lead, place["id"])
    assert (after["channel_version"], moment(after["last_good_check_at"])) == (2, local("2025-02-03 09:00"))
    before = await journalled(works, place)
    assert await works.fire_at("2025-02-03 09:01", timers) == 1
    assert (await journalled(works, place), await asked(works, "complaint_handler")) == (before, [])


@pytest.mark.feature("C36")
async def test_of_a_channel_that_is_retired_nothing_is_asked_any_more(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    place, timers = await list_place(lead), works.timers()
    await check(lead, place["id"], found=found() | {"limits": "missing"})
    made(await lead.post(f"/v1/channels/{place['channel_id']}/retire"))
    assert await works.fire_at(BEGIN, timers) == 1
    after = await read(lead, place)
    assert (after["channel_version"], after["due_at"], after["faulty"]) == (None, None, False)
    assert (await asked(works, "complaint_handler"), await asked(works, "complaint_lead")) == ([], [])
    assert await asked(works, "complaint_lead", "cancelled") == [("correct_publication", 0)]
    assert await works.fire_at("2025-06-01 09:00", timers) == 0


async def test_a_place_that_was_removed_follows_no_version(works: Clockwork, lead: httpx.AsyncClient) -> None:
    place, timers = await list_place(lead), works.timers()
    later = local("2025-02-03 09:00").isoformat()
    await publish_channel(lead, place["channel_id"], valid_from=later, **REVIEW)
    made(await lead.post(f"/v1/publications/{place['id']}/remove", json={"cause": "moved"}))
    await works.fire_at("2025-02-03 09:00", timers)
    assert (await journalled(works, place))[-1] == ("removed", None)
    assert await asked(works, "complaint_handler") == []


@pytest.mark.feature("C36")
@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_the_facts_of_an_instant_are_those_of_its_version_and_its_places(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    site, board = await list_place(lead), await list_place(lead, kind="notice_board", place="大厅")
    slip = await list_place(lead, kind="contract", place="entered in error")
    made(await lead.post(f"/v1/publications/{slip['id']}/remove", json={"cause": "entered_in_error"}))
    await open_channel(lead, "web", **REVIEW)
    works.clock.now = local("2025-01-08 09:00")
    await check(lead, site["id"])
    await check(lead, board["id"])
    works.clock.now = local("2025-01-09 09:00")
    await check(lead, board["id"], found=found() | {"limits": "differs"})
    works.clock.now = local("2025-01-10 09:00")
    made(await lead.post(f"/v1/publications/{board['id']}/remove", json={"cause": "taken_down"}))
    works.clock.now = local("2025-02-01 09:00")
    await publish_channel(lead, site["channel_id"], **REVIEW)

    def told(found_: list[PublicationFacts]) -> dict[str, Any]:
        return {
            f"{one.channel} {one.channel_version}": {
                place.kind: (place.age_days, place.faulty, place.overdue) for place in one.places
            }
            for one in found_
        }

    assert told(await facts(works, "2025-01-05 09:00")) == {}
    assert told(await facts(works, BEGIN)) == {
        "hotline 1": {"site": (None, False, False), "notice_board": (None, False, False)},
        "web 1": {},
    }
    assert told(await facts(works, "2025-01-09 10:00")) == {
        "hotline 1": {"site": (1, False, False), "notice_board": (1, True, False)},
        "web 1": {},
    }
    assert told(await facts(works, "2025-01-31 09:00"))["hotline 1"] == {"site": (23, False, False)}
    assert told(await facts(works, "2025-02-02 09:00"))["hotline 2"] == {"site": (None, False, False)}
    assert told(await facts(works, "2025-02-11 10:00"))["hotline 2"] == {"site": (None, False, True)}
    (hotline, _) = await facts(works, "2025-02-02 09:00")
    assert hotline.items == dict.fromkeys(("telephone", "web_address", "procedure", "limits"), True)
