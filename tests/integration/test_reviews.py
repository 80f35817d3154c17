"""Yearly reviews: due on 1 January where the provider is, filled with the year, concluded when it is closed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from services.complaints.app import SERVICE
from tests.make.complaints import Json, made, objected, open_channel, publish_channel, receive
from tests.make.handling import DAY, Desk, desk_of
from tests.make.house import House
from tests.make.yearly import DECEMBER, NEW_YEAR, close_year

KEPT: Json = {"outcome": "keep", "words": "The limits were kept; nothing changes."}


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant(), DECEMBER) as desk:
        yield desk


async def sweep(desk: Desk) -> list[Json]:
    """The reviews after a day's look for those that are due."""
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await SERVICE.daily["yearly_review"](work, work.provider_id, "sweeps")
    found: list[Json] = made(await desk.by["lead"].get("/v1/reviews"))["items"]
    return found


async def begun(desk: Desk) -> Json:
    """The review of 2025, begun."""
    desk.clock.now = max(desk.clock.now, NEW_YEAR)
    (review,) = await sweep(desk)
    return made(await desk.by["lead"].post(f"/v1/reviews/{review['id']}/begin"))


async def conclude(desk: Desk, review: Json, **body: Any) -> Json:
    """A review after its conclusion."""
    return made(await desk.by["lead"].post(f"/v1/reviews/{review['id']}/conclude", json=body))


async def refused(desk: Desk, review: Json, **body: Any) -> list[str]:
    """The codes of all that stands against a conclusion."""
    return objected(await desk.by["lead"].post(f"/v1/reviews/{review['id']}/conclude", json=body))


@pytest.mark.feature("C32")
@pytest.mark.clause("8.2-3")
async def test_a_review_falls_due_once_and_asks_the_lead(desk: Desk) -> None:
    await receive(desk.by["handler"])
    desk.clock.now = NEW_YEAR - timedelta(seconds=1)
    assert await sweep(desk) == []
    desk.clock.now = NEW_YEAR
    (review,) = await sweep(desk)
    assert (await sweep(desk)) == [review]
    assert (review["year"], review["state"], review["overdue"]) == (2025, "due", False)
    assert review["due_at"] == "2026-03-31T15:59:59Z"
    tasks = made(await desk.by["lead"].get("/v1/services/complaints/tasks"))["items"]
    (task,) = [one for one in tasks if one["why"] == "review_complaints"]
    assert (task["record_id"], task["due_at"]) == (review["id"], review["due_at"])
    desk.clock.now = datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert [one["overdue"] for one in await sweep(desk)] == [True]


async def test_a_provider_without_channels_and_complaints_has_nothing_to_review(desk: Desk) -> None:
    desk.clock.now = NEW_YEAR + DAY
    await receive(desk.by["handler"])  # the first of the new year
    assert await sweep(desk) == []


@pytest.mark.feature("C32")
@pytest.mark.clause("8.2-3")
async def test_the_system_fills_a_review_with_the_year(desk: Desk) -> None:
    await open_channel(desk.by["lead"])
    desk.clock.forward(timedelta(minutes=1))
    await desk.closed(received={"channel": "hotline"})
    waived = await desk.assessed({"channel": "hotline"})
    waiver = {"objection": "handler_absent", "control": "management_review", "words": "There is nobody else."}
    await desk.step("lead", waived, "waive", reviewer_id=desk.account("head"), **waiver)
    await receive(desk.by["handler"])
    review = await begun(desk)
    figures = review["figures"]
    assert (review["state"], figures["received"]) == ("in_review", 3)
    assert figures["by_state"] == {"closed": 1, "assessed": 1, "received": 1}
    assert figures["by_channel"] == {"hotline": 2, "other": 1}
    assert figures["by_severity"] == {"major": 2, "none": 1}
    assert figures["by_cause"] == {"expired_certificate": 1, "none": 2}
    assert figures["on_time"] == {"kept": 1, "n": 1, "share": 1.0}
    assert (figures["waivers"], figures["refused"], figures["investigated_again"]) == (1, 0, 0)
    assert figures["satisfaction"] == {"satisfied": 1}
    assert [(one["code"], one["version"], one["review_overdue"]) for one in figures["channels"]] == [
        ("hotline", 1, False)
    ]
    await receive(desk.by["handler"], received_at=DECEMBER.isoformat())
    again = made(await desk.by["lead"].get(f"/v1/reviews/{review['id']}"))
    assert again["figures"] == figures, "the figures stay as they were looked at"


@pytest.mark.feature("C32")
@pytest.mark.clause("8.2-3")
async def test_a_review_is_concluded_when_the_register_of_its_year_is_closed(desk: Desk) -> None:
    await receive(desk.by["handler"])
    review = await begun(desk)
    assert await refused(desk, review, **KEPT) == ["register_not_closed"]
    named = KEPT | {"channel_id": str(new_id()), "channel_version": 1}
    assert await refused(desk, review, **named) == ["version_though_kept", "register_not_closed"]
    (open_step,) = review["open_steps"]
    assert [lack["code"] for lack in open_step["lacks"]] == ["conclusion_missing", "register_not_closed"]
    await close_year(desk)
    review = await conclude(desk, review, **KEPT)
    assert (review["state"], review["outcome"], review["words"]) == ("concluded", "keep", KEPT["words"])
    tasks = made(await desk.by["lead"].get("/v1/services/complaints/tasks"))["items"]
    assert "review_complaints" not in {one["why"] for one in tasks}


@pytest.mark.clause("8.2-3")
async def test_a_new_version_is_one_that_was_published_after_the_year_had_begun(desk: Desk) -> None:
    channel = await open_channel(desk.by["lead"])
    review = await begun(desk)
    await close_year(desk)
    body = {"outcome": "new_version", "words": "We answer sooner."}
    assert await refused(desk, review, **body) == ["version_missing"]
    missing = body | {"channel_id": channel["id"], "channel_version": 2}
    assert await refused(desk, review, **missing) == ["version_missing"]
    limits = {"acknowledge": 4, "decide": 40}
    await publish_channel(desk.by["lead"], channel["id"], limits=limits, next_review_on="2028-01-01")
    concluded = await conclude(desk, review, **missing)
    assert (concluded["channel_id"], concluded["channel_version"]) == (channel["id"], 2)


@pytest.mark.feature("C32")
async def test_a_review_is_a_sheet_to_fill_in_print_sign_and_seal(desk: Desk) -> None:
    await open_channel(desk.by["lead"])
    await desk.assessed()
    desk.clock.now = NEW_YEAR
    (review,) = await sweep(desk)
    path, chinese = f"/v1/reviews/{review['id']}/form", {"Accept-Language": "zh-CN"}
    blank = (await desk.by["lead"].get(path, headers=chinese)).text
    for told in ("年度投诉评审 2025", "待评审", "□ 渠道和程序维持不变", "签字", "盖章"):
        assert told in blank
    await begun(desk)
    await close_year(desk)
    await conclude(desk, review, **KEPT)
    page = (await desk.by["lead"].get(path, headers=chinese)).text
    for told in ("已作出结论", "已评估", "较重", "未确定原因", "Complaint hotline", "0011 · 投诉主管", KEPT["words"]):
        assert told in page
    assert desk.account("lead") not in page
    assert (await desk.by["lead"].get(f"/v1/reviews/{new_id()}/form")).status_code == 404
