"""Clocks of complaints: due times that are quoted and stay, ladders that are climbed once, at the right minute."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import select, update

from chassis.clocks.actions import Start, change_limit, pause_clock, restart_clock, resume_clock, stop_clock
from chassis.clocks.models import Clock
from chassis.clocks.queries import Measured, clocks_of
from chassis.clocks.rules import ClockBackwardsError
from chassis.clocks.schemas import clock_out
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.tables import Timer
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import ACKNOWLEDGE, DECIDE
from tests.make.clockwork import DAY, Clockwork, clockwork, local
from tests.make.complaints import acknowledge, complain, made, moment, open_channel, receive, timeline
from tests.make.house import House

Json = dict[str, Any]
MAKE_UP = {date(2025, 9, 28): DAY}
"""A make-up working Sunday, before a holiday."""
FRIDAY = "2025-09-26 17:00"
LIMITS = {"acknowledge": 8, "decide": 80}
RUNGS = [("2025-09-28 12:00", 50), ("2025-09-28 15:00", 75), ("2025-09-28 17:00", 100), ("2025-09-29 12:00", 150)]
"""Eight working hours from Friday 17:00: one on Friday, seven on the make-up Sunday; four more until Monday noon."""


@pytest.fixture
async def works(apart: House) -> AsyncIterator[Clockwork]:
    """A provider with a make-up working day, on a Friday at five."""
    async with clockwork(apart, FRIDAY, MAKE_UP) as works:
        yield works


@pytest.fixture
async def lead(works: Clockwork) -> AsyncIterator[httpx.AsyncClient]:
    async with works.house.client("complaints", works.tenant, "complaint_lead") as client:
        await open_channel(client, "web", limits=LIMITS, next_review_on="2026-09-01", anonymous_allowed=True)
        yield client


async def tasks(works: Clockwork, role: str, **params: str) -> list[Json]:
    async with works.house.client("complaints", works.tenant, role) as client:
        found: list[Json] = made(await client.get("/v1/services/complaints/tasks", params=params))["items"]
    return found


async def levels(works: Clockwork, role: str, complaint: Json, **params: str) -> list[int]:
    """The levels of a complaint's tasks about its acknowledgement that a role has."""
    found = await tasks(works, role, **params)
    of_clock = [one for one in found if one["why"] == "acknowledge_complaint" and one["record_id"] == complaint["id"]]
    return sorted(one["level"] for one in of_clock)


async def told(lead: httpx.AsyncClient, complaint: Json) -> list[tuple[str, int]]:
    """The clock and percentage of each entry in the journal that a ladder made."""
    reached = [one for one in await timeline(lead, complaint["id"]) if one["type"].endswith("clock_reached.v1")]
    return [(one["data"]["clock"], one["data"]["percent"]) for one in reached]


async def timers_of(works: Clockwork, complaint: Json, clock: str = "complaint.acknowledge") -> dict[str, Any]:
    async with works.work() as work:
        query = select(Timer.step, Timer.due_at).where(Timer.record == UUID(complaint["id"]), Timer.clock == clock)
        return {timer.step: timer.due_at for timer in (await work.session.execute(query)).all()}


def clock_of(complaint: Json, name: str) -> Json:
    found: Json = next(one for one in complaint["clocks"] if one["name"] == name)
    return found


@pytest.mark.feature("C5")
@pytest.mark.clause("8.2-9")
async def test_the_due_times_are_quoted_at_intake_and_no_later_calendar_moves_them(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    async with works.house.client("complaints") as public:
        receipt = await complain(public, works.tenant, channel="web")
        due = {clock: moment(at) for clock, at in receipt["promised_due"].items()}
        assert due == {
            "acknowledge": local("2025-09-28 17:00"),
            "decide": local("2025-10-09 17:00"),
        }
        await works.keep_calendar(2, {date(2025, 9, 28): [], date(2025, 9, 29): []})
        works.clock.now = local("2025-09-27 10:00")
        (found,) = made(await lead.get("/v1/complaints"))["items"]
        after = await acknowledge(lead, found["id"], method="email", template="receipt-v1")
        code = {"Receipt-Code": receipt["receipt_code"]}
        address = f"/v1/public/{works.tenant.slug}/complaints/{receipt['receipt_number']}"
        tracked = made(await public.get(address, headers=code))
    assert tracked["promised_due"] == after["promised_due"] == receipt["promised_due"]
    assert [(one["calendar"], one["due_at"]) for one in after["clocks"]] == [
        (1, receipt["promised_due"]["acknowledge"]),
        (1, receipt["promised_due"]["decide"]),
    ]
    entry = (await timeline(lead, found["id"]))[-1]
    quoted = entry["contact"]["quoted"]
    assert (quoted["calendar"], quoted["limits"]) == (1, LIMITS)
    assert {clock: moment(at) for clock, at in quoted["due"].items()} == due
    assert {clock: moment(at) for clock, at in entry["data"]["due"].items()} == due
    later = await receive(lead, channel="web")
    assert clock_of(later, "acknowledge")["calendar"] == 2
    assert moment(later["promised_due"]["acknowledge"]) == local("2025-09-30 18:00")


@pytest.mark.feature("C6")
async def test_each_level_has_its_task_once_at_the_right_minute_whoever_works(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint = await receive(lead, channel="web")
    workers = [works.timers() for _ in range(3)]
    reached = []
    for instant, percent in RUNGS:
        just_before = local(instant) - timedelta(minutes=1)
        assert await works.fire_at(just_before.strftime("%Y-%m-%d %H:%M"), *workers) == 0
        assert await works.fire_at(instant, *workers) == 1
        reached.append(("acknowledge", percent))
        assert await told(lead, complaint) == reached
        assert await works.fire_at(instant, *workers) == 0
    assert await levels(works, "complaint_handler", complaint) == [0, 50, 75]
    assert await levels(works, "complaint_lead", complaint) == [100]
    assert await levels(works, "management", complaint) == [150]
    (reminder,) = [one for one in await tasks(works, "management") if one["record_id"] == complaint["id"]]
    assert (
        reminder["title"]
        == f"Complaint {complaint['receipt_number']} is not acknowledged: 150 % of the time has passed"
    )
    assert (reminder["role"], reminder["person"], reminder["service"]) == ("management", None, "complaints")
    assert (reminder["clause"], reminder["record_type"], reminder["state"]) == ("8.2", "complaint", "open")
    assert moment(reminder["due_at"]) == local("2025-09-28 17:00")
    entries = await timeline(lead, complaint["id"])
    assert reminder["made_by"] == entries[-1]["event_id"]
    assert [moment(one["at"]) for one in entries[1:]] == [local(instant) for instant, _ in RUNGS]
    assert [one["version"] for one in entries] == [1, 2, 3, 4, 5]
    assert entries[-1]["actor"] == "system"


async def test_a_step_that_broke_off_in_the_middle_has_happened_once_in_the_end(
    works: Clockwork, lead: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()

    commit = UnitOfWork.commit

    async def finish_and_die(work: UnitOfWork) -> None:
        if work.entries:
            await work.finish()
            raise ConnectionError("the worker was killed")
        await commit(work)

    monkeypatch.setattr(UnitOfWork, "commit", finish_and_die)
    assert await works.fire_at(RUNGS[0][0], timers) == 0
    assert await told(lead, complaint) == []
    assert await levels(works, "complaint_handler", complaint) == [0]
    monkeypatch.undo()
    assert await works.fire_at("2025-09-28 12:01", timers, works.timers()) == 1
    assert await told(lead, complaint) == [("acknowledge", 50)]
    assert await levels(works, "complaint_handler", complaint) == [0, 50]


async def test_a_record_that_is_being_changed_is_not_waited_for_but_looked_at_again(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()
    async with works.work() as work:
        await work.load(Complaint, UUID(complaint["id"]))
        async with asyncio.timeout(1):
            assert await works.fire_at(RUNGS[0][0], timers) == 0
    assert await works.fire_at(RUNGS[0][0], timers) == 1, "at once, and not after the pause of a failure"


@pytest.mark.feature("C6")
@pytest.mark.clause("8.2")
async def test_once_it_is_acknowledged_nobody_is_told_any_more(works: Clockwork, lead: httpx.AsyncClient) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()
    assert moment((await tasks(works, "complaint_handler"))[0]["due_at"]) == local("2025-09-28 17:00")
    assert await works.fire_at(RUNGS[0][0], timers) == 1
    works.clock.now = local("2025-09-28 14:30")
    after = await acknowledge(lead, complaint["id"], at=local("2025-09-28 14:00").isoformat())
    assert await timers_of(works, complaint) == {}
    assert await works.fire_at("2025-09-29 18:00", timers) == 0
    assert await told(lead, complaint) == [("acknowledge", 50)]
    assert await levels(works, "complaint_handler", complaint) == []
    done = await tasks(works, "complaint_handler", state="done")
    assert sorted(one["level"] for one in done) == [0, 50]
    assert {(one["ended_by"].split(":")[0], moment(one["ended_at"])) for one in done} == {
        ("client", local("2025-09-28 14:30"))
    }
    clock = clock_of(after, "acknowledge")
    assert (clock["state"], moment(clock["stopped_at"])) == ("stopped", local("2025-09-28 14:00"))
    assert (clock["elapsed_minutes"], clock["remaining_minutes"], clock["percent"]) == (300, 180, 62)
    assert (clock["late"], clock["late_as_promised"]) == (False, False)
    assert clock_of(after, "decide")["state"] == "running"


@pytest.mark.feature("C6")
async def test_a_contact_after_the_limit_is_late_to_the_minute(works: Clockwork, lead: httpx.AsyncClient) -> None:
    late = []
    for at in ("2025-09-28 17:00", "2025-09-28 17:01"):
        works.clock.now = local(FRIDAY)
        complaint = await receive(lead, channel="web")
        works.clock.now = local("2025-09-29 09:00")
        assert clock_of(made(await lead.get(f"/v1/complaints/{complaint['id']}")), "acknowledge")["late"] is True
        overdue = made(await lead.get("/v1/complaints", params={"overdue": "true"}))["items"]
        assert [one["id"] for one in overdue] == [complaint["id"]]
        after = await acknowledge(lead, complaint["id"], at=local(at).isoformat())
        late.append(clock_of(after, "acknowledge")["late"])
        assert made(await lead.get("/v1/complaints", params={"overdue": "true"}))["items"] == []
    assert late == [False, True]
    assert len(made(await lead.get("/v1/complaints", params={"overdue": "false"}))["items"]) == 2


@pytest.mark.feature("C6")
async def test_the_receipt_of_an_anonymous_complaint_stops_the_clock_as_it_starts(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    async with works.house.client("complaints") as public:
        receipt = await complain(public, works.tenant, channel="web", anonymous=True, parties=[])
    assert moment(receipt["promised_due"]["acknowledge"]) == local("2025-09-28 17:00")
    (found,) = made(await lead.get("/v1/complaints"))["items"]
    clock = clock_of(made(await lead.get(f"/v1/complaints/{found['id']}")), "acknowledge")
    assert (clock["state"], clock["elapsed_minutes"], clock["late"]) == ("stopped", 0, False)
    assert await timers_of(works, found) == {}
    assert await levels(works, "complaint_handler", found) == []


async def test_a_late_registration_tells_at_once_what_has_passed_each_level_once(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    works.clock.now = local("2025-09-29 17:00")
    later = await receive(lead, channel="web", received_at=local(FRIDAY).isoformat())
    assert clock_of(later, "acknowledge")["percent"] == 200
    workers = [works.timers() for _ in range(3)]
    assert await works.fire_at("2025-09-29 17:00", *workers) == 1
    assert await works.fire_at("2025-09-29 17:00", *workers) == 0
    assert await told(lead, later) == [("acknowledge", percent) for _, percent in RUNGS]
    assert await levels(works, "complaint_handler", later) == [0, 50, 75]
    assert await levels(works, "complaint_lead", later) == [100]
    assert await levels(works, "management", later) == [150]


async def test_without_a_promise_there_is_no_clock_but_the_task_is_given(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint = await receive(lead)
    assert (complaint["clocks"], complaint["promised_due"]) == ([], {})
    (task,) = await tasks(works, "complaint_handler")
    assert (task["due_at"], moment(task["listed_at"])) == (None, local(FRIDAY))
    assert await tasks(works, "complaint_handler", due_before="2035-01-01T00:00:00Z") == []
    await acknowledge(lead, complaint["id"])
    assert await tasks(works, "complaint_handler") == []


async def test_where_nobody_ever_works_a_limit_in_working_hours_is_never_over(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    await works.keep_calendar(2, {}, hours=[])
    complaint = await receive(lead, channel="web")
    assert (complaint["promised"], complaint["promised_due"]) == (LIMITS, {})
    assert {one["due_at"] for one in complaint["clocks"]} == {None}
    assert await timers_of(works, complaint) == {}


async def clock_after(works: Clockwork, complaint: Json, name: str = "decide") -> Measured:
    async with works.work() as work:
        found = await clocks_of(work, UUID(complaint["id"]))
        return [one for one in found if one.clock.name == name][-1]


async def test_a_pause_takes_the_timer_back_and_gives_its_working_time_back(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()
    record = UUID(complaint["id"])
    assert await works.fire_at(RUNGS[0][0], timers) == 1
    works.clock.now = local("2025-09-28 14:00")
    async with works.work() as work:
        assert await pause_clock(work, await clocks_of(work, record), ACKNOWLEDGE, "question_sent", work.now)
        assert await pause_clock(work, await clocks_of(work, record), ACKNOWLEDGE, "question_sent", work.now) is None
    assert await timers_of(works, complaint) == {}
    assert await works.fire_at("2025-09-29 10:00", timers) == 0
    paused = clock_out(await clock_after(works, complaint, "acknowledge"), works.clock.now)
    assert (paused.state, paused.elapsed_minutes, paused.late) == ("paused", 300, False)
    async with works.work() as work:
        assert await resume_clock(work, await clocks_of(work, record), ACKNOWLEDGE, work.now)
        assert await resume_clock(work, await clocks_of(work, record), ACKNOWLEDGE, work.now) is None
    # Of eight hours five have run, 75 % are six: one hour after ten on Monday, and the last two after that.
    assert await timers_of(works, complaint) == {"75": local("2025-09-29 11:00")}
    clock = (await clock_after(works, complaint, "acknowledge")).clock
    assert (clock.due_at, clock.promised_due_at) == (local("2025-09-29 14:00"), local("2025-09-28 17:00"))
    assert {moment(one["due_at"]) for one in await tasks(works, "complaint_handler")} == {local("2025-09-29 14:00")}
    for instant in ("2025-09-29 11:00", "2025-09-29 14:00"):
        assert await works.fire_at(instant, timers) == 1
    assert await told(lead, complaint) == [("acknowledge", percent) for percent in (50, 75, 100)], "none of them twice"
    shown = clock_of(made(await lead.get(f"/v1/complaints/{complaint['id']}")), "acknowledge")
    (pause,) = shown["pauses"]
    assert (pause["reason"], moment(pause["started_at"])) == ("question_sent", local("2025-09-28 14:00"))
    assert moment(pause["ended_at"]) == local("2025-09-29 10:00")
    assert (shown["late"], shown["late_as_promised"], shown["percent"]) == (False, True, 100)


async def test_an_extension_moves_what_is_agreed_and_a_shorter_limit_tells_at_once(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()
    record = UUID(complaint["id"])
    assert await works.fire_at(RUNGS[1][0], timers) == 1
    assert await told(lead, complaint) == [("acknowledge", 50), ("acknowledge", 75)]
    async with works.work() as work:
        extended = await change_limit(work, await clocks_of(work, record), ACKNOWLEDGE, timedelta(hours=16))
        assert extended is not None
    assert extended.clock.due_at == local("2025-09-29 17:00"), "the first vector of the calendar with a make-up day"
    assert (extended.clock.promised_minutes, extended.clock.promised_due_at) == (480, local("2025-09-28 17:00"))
    assert await timers_of(works, complaint) == {"100": local("2025-09-29 17:00")}, "75 % was told and stays told"
    async with works.work() as work:
        assert await change_limit(work, await clocks_of(work, record), ACKNOWLEDGE, timedelta(hours=6))
    assert await works.fire_at(RUNGS[1][0], timers) == 1
    assert await told(lead, complaint) == [("acknowledge", percent) for percent in (50, 75, 100)]


async def test_a_clock_does_not_run_backwards_and_what_stopped_stays_stopped(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint = await receive(lead, channel="web")
    record = UUID(complaint["id"])
    with pytest.raises(ClockBackwardsError):
        async with works.work() as work:
            await pause_clock(
                work, await clocks_of(work, record), DECIDE, "question_sent", work.now - timedelta(seconds=1)
            )
    async with works.work() as work:
        assert await stop_clock(work, await clocks_of(work, record), DECIDE, work.now)
    async with works.work() as work:
        assert await stop_clock(work, await clocks_of(work, record), DECIDE, work.now) is None
        assert await resume_clock(work, await clocks_of(work, record), DECIDE, work.now) is None
        assert await change_limit(work, await clocks_of(work, record), DECIDE, timedelta(hours=1)) is None
    assert await timers_of(works, complaint, DECIDE.timer) == {}


async def test_a_clock_that_starts_again_is_another_round_with_a_ladder_of_its_own(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()
    record = UUID(complaint["id"])
    assert await works.fire_at(RUNGS[0][0], timers) == 1
    async with works.work() as work:
        again = await restart_clock(
            work, await clocks_of(work, record), Start(ACKNOWLEDGE, timedelta(hours=2)), work.now
        )
    assert (again.clock.round, again.clock.due_at) == (2, local("2025-09-28 15:00"))
    assert await timers_of(works, complaint) == {"50": local("2025-09-28 14:00")}
    assert await works.fire_at("2025-09-28 14:00", timers) == 1
    assert await told(lead, complaint) == [("acknowledge", 50), ("acknowledge", 50)]
    shown = made(await lead.get(f"/v1/complaints/{complaint['id']}"))
    assert shown["promised_due"] == complaint["promised_due"], "what was promised at receipt is the first round's"


async def test_a_timer_that_comes_too_early_does_nothing_and_is_set_anew(
    works: Clockwork, lead: httpx.AsyncClient
) -> None:
    complaint, timers = await receive(lead, channel="web"), works.timers()
    async with works.work() as work:
        mine = (Timer.provider_id == works.tenant.id, Timer.record == UUID(complaint["id"]))
        await work.session.execute(update(Timer).where(*mine, Timer.step == "50").values(due_at=work.now))
    await works.fire_at(FRIDAY, timers)
    assert await told(lead, complaint) == []
    assert await timers_of(works, complaint) == {"50": local(RUNGS[0][0])}


async def test_a_record_has_each_clock_once_at_a_time(works: Clockwork, lead: httpx.AsyncClient) -> None:
    complaint = await receive(lead, channel="web")
    row = (await clock_after(works, complaint)).clock
    twin = {column.name: getattr(row, column.name) for column in Clock.__table__.columns} | {"round": 2}

    async def start_twin() -> None:
        async with works.work() as work:
            work.add(Clock(**twin | {"id": new_id()}))

    with pytest.raises(asyncpg.UniqueViolationError, match="uq_clock_provider_id_record_id_name_live"):
        await start_twin()
