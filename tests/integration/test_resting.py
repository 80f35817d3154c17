"""What was read without a lock: nothing is written on it unless it is as it was, and then it is done again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import bindparam, select

from chassis.actors import SYSTEM
from chassis.connections import Moved
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.jobs import set_timer
from chassis.rows import Read, Statement
from chassis.tables import JournalEntry, Timer
from contracts.channels import ChannelRetired
from services.complaints.channels import queries as channels
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.complaints.queries import OF_MERGED
from services.complaints.external_cases.queries import open_cases
from services.complaints.notices.queries import WITH_MERGED
from services.complaints.steps import queries
from tests.make.broker import until_async
from tests.make.complaints import (
    acknowledge,
    contact,
    create_channel,
    made,
    objected,
    open_channel,
    publish_channel,
    receive,
    timeline,
)
from tests.make.files import recorded
from tests.make.handling import BODIES, PROPOSAL, desk_of
from tests.make.house import House, Tenant
from tests.make.statements import overheard

TIMERS = Read(select(Timer).where(Timer.record == bindparam("id")), Timer)


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "administrator") as client:
        yield client


async def loaded(work: UnitOfWork, channel_id: UUID, expected: int | None = None) -> Channel:
    channel, *_ = await work.load_with(Channel, channel_id, expected, (TIMERS, TIMERS, TIMERS))
    return channel


def rename(work: UnitOfWork, channel: Channel, name: str) -> None:
    channel.name = name
    told = dict.fromkeys(("channel_version", "valid_from", "valid_to", "content_hash", "next_review_on"))
    work.record(channel, ChannelRetired(**told, channel_id=channel.id, code="c", kind="web", state="drafted"))


async def names_and_entries(house: House, tenant: Tenant, channel: UUID) -> tuple[str, int, list[int]]:
    """The name and version of a channel, and the versions in its journal."""
    entries = select(JournalEntry.version).where(JournalEntry.subject == channel).order_by(JournalEntry.version)
    async with house.asked(tenant) as work:
        found = await work.find(Channel, channel)
        return found.name, found.version, list((await work.session.execute(entries)).scalars())


@pytest.mark.parametrize("begins", [False, True])
async def test_nothing_is_written_on_a_record_that_has_moved(
    house: House, tenant: Tenant, lead: httpx.AsyncClient, *, begins: bool
) -> None:
    channel_id, record = UUID((await create_channel(lead))["id"]), new_id()

    async def late() -> None:
        async with house.asked(tenant) as work:
            channel = await loaded(work, channel_id)
            async with house.asked(tenant) as other:
                rename(other, await loaded(other, channel_id), "Other")
            rename(work, channel, "Mine")
            set_timer(work, record, "test", "due", work.now)
            if begins:
                await work.begun()

    with pytest.raises(Moved):
        await late()
    assert await names_and_entries(house, tenant, channel_id) == ("Other", 2, [1, 2])
    async with house.asked(tenant) as work:
        assert await work.read(TIMERS, id=record) == []


async def test_what_rests_on_an_unchanged_record_is_not_written_once_that_has_moved(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    channel_id, record = UUID((await create_channel(lead))["id"]), new_id()

    async def late() -> None:
        async with house.asked(tenant) as work:
            await loaded(work, channel_id)
            async with house.asked(tenant) as other:
                rename(other, await loaded(other, channel_id), "Other")
            set_timer(work, record, "test", "due", work.now)

    with pytest.raises(Moved):
        await late()


async def try_to_lock(house: House, tenant: Tenant, channel_id: UUID) -> None:
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as other:
        await other.driver.execute("SELECT 1 FROM channel WHERE id = $1 FOR UPDATE NOWAIT", channel_id)


async def test_who_begins_holds_what_was_read_before(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    channel_id = UUID((await create_channel(lead))["id"])
    async with house.asked(tenant) as work:
        mine = await loaded(work, channel_id)
        await work.begun()
        with pytest.raises(asyncpg.LockNotAvailableError):
            await try_to_lock(house, tenant, channel_id)
        rename(work, mine, "Mine")
        await work.flush()
        rename(work, mine, "Mine again")
    assert await names_and_entries(house, tenant, channel_id) == ("Mine again", 3, [1, 2, 3])


async def test_an_expected_version_and_an_unknown_record_are_told_without_a_lock(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    channel_id = UUID((await create_channel(lead))["id"])
    async with house.asked(tenant) as work:
        with pytest.raises(Problem) as stale:
            await loaded(work, channel_id, expected=7)
        assert (stale.value.kind.status, stale.value.headers) == (412, {"ETag": '"1"'})
        with pytest.raises(Problem) as unknown:
            await loaded(work, new_id())
        assert unknown.value.kind.status == 404


def when_written(monkeypatch: pytest.MonkeyPatch, happens: Any) -> list[int]:
    """Has something happen just before a request writes what rests on what it has read; counts how often one did."""
    real, written = UnitOfWork._send_alone, list[int]()

    async def later(work: UnitOfWork, statements: Sequence[Statement]) -> None:
        written.append(len(written))
        if written == [0]:
            await happens()
        await real(work, statements)

    monkeypatch.setattr(UnitOfWork, "_send_alone", later)
    return written


async def test_of_two_who_take_a_step_at_once_one_is_told_that_it_was_taken(
    lead: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = await receive(lead)
    when_written(monkeypatch, lambda: acknowledge(lead, received["id"]))
    answer = await lead.post(f"/v1/complaints/{received['id']}/acknowledge", json=contact())
    assert objected(answer) == ["wrong_state"]
    assert [one["version"] for one in await timeline(lead, received["id"])] == [1, 2]


async def test_a_step_that_is_still_possible_is_taken_on_what_is_there_now(
    lead: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = await receive(lead, concerns=[])
    path = f"/v1/complaints/{received['id']}"

    async def hand_in() -> None:
        file = {"file": ("note.txt", b"what was said", "text/plain")}
        made(await lead.post(f"{path}/attachments", files=file, data={"purpose": "evidence"}), 201)

    written = when_written(monkeypatch, hand_in)
    after = await acknowledge(lead, received["id"])
    assert (after["state"], after["version"]) == ("acknowledged", 3)
    assert len(written) == 1, "the second time it has its lock"
    assert [one["version"] for one in await timeline(lead, received["id"])] == [1, 2, 3]


async def test_what_a_channel_promises_is_remembered_while_it_stands(house: House, lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    said = list[str]()
    for version, limits in enumerate(({"acknowledge": 4, "decide": 40}, {"acknowledge": 2, "decide": 20}), 2):
        await receive(lead, channel="hotline")
        await publish_channel(lead, channel["id"], limits=limits)
        received = await receive(lead, channel="hotline")
        assert (received["channel_version"], received["promised"]) == (version, limits)
        async with overheard(house.database("complaints"), lambda statement, _: said.append(statement)):
            received = await receive(lead, channel="hotline")
        assert received["promised"] == limits
    assert len(said) == 2, "what has moved is read again, and then remembered"


async def test_a_complaint_of_long_ago_has_what_was_promised_then(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    channel = await open_channel(lead)
    await receive(lead, channel="hotline")
    await publish_channel(lead, channel["id"], limits={"acknowledge": 4, "decide": 40})
    async with house.asked(tenant) as work:
        first, second = (await work.session.execute(select(ChannelVersion).order_by(ChannelVersion.number))).scalars()
    await receive(lead, channel="hotline")
    between = first.valid_from + (second.valid_from - first.valid_from) / 2
    then = await receive(lead, channel="hotline", received_at=between.isoformat())
    assert then["channel_version"] == 1
    assert (await receive(lead, channel="hotline"))["channel_version"] == 2


async def test_a_newer_calendar_counts_at_once(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    await open_channel(lead)
    before = await receive(lead, channel="hotline")
    await house.keep_calendar(tenant, 2)
    after = await receive(lead, channel="hotline")
    calendars = [{clock["calendar"] for clock in one["clocks"]} for one in (before, after)]
    assert calendars == [{1}, {2}]


async def somebody_waits(work: UnitOfWork) -> bool:
    """Whether a lock that this transaction has keeps somebody waiting."""
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    return bool(await work.driver.fetchval(asked))


async def test_who_waits_for_a_lock_finds_that_the_record_has_moved(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    channel_id = UUID((await create_channel(lead))["id"])

    async def late() -> None:
        async with house.asked(tenant) as work:
            rename(work, await loaded(work, channel_id), "Mine")

    async with house.asked(tenant) as other:
        rename(other, await other.load(Channel, channel_id), "Other")
        await other.flush()
        writing = asyncio.create_task(late())
        await until_async(lambda: somebody_waits(other))
    with pytest.raises(Moved):
        await writing
    assert await names_and_entries(house, tenant, channel_id) == ("Other", 2, [1, 2])


async def test_what_is_loaded_after_a_transaction_began_on_the_way_is_locked(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    one, two = [UUID((await create_channel(lead, code))["id"]) for code in ("one", "two")]
    async with house.asked(tenant) as work:
        await loaded(work, one)
        set_timer(work, one, "test", "due", work.now)  # sent before timers are read again
        channel = await loaded(work, two)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await try_to_lock(house, tenant, two)
        rename(work, channel, "Two")


async def test_a_complaint_is_not_discarded_while_another_is_merged_into_it(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_of(house, tenant) as desk:
        target, other = await desk.assessed(), await desk.assessed()
        real, read = UnitOfWork.load_with, list[UUID]()

        async def merged_meanwhile(work: UnitOfWork, kind: Any, record: UUID, *more: Any, **values: Any) -> Any:
            found = await real(work, kind, record, *more, **values)
            read.append(record)
            if read == [UUID(target["id"])]:
                await desk.step("lead", other, "merge", target_id=target["id"], words="The same outage.")
            return found

        monkeypatch.setattr(UnitOfWork, "load_with", merged_meanwhile)
        refused = await desk.refused("lead", target, "refuse", reason="not_our_service", words="Not ours.")
        assert "others_merged" in refused, refused


async def test_a_recording_is_read_again_with_its_registration(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    await receive(lead, channel="hotline")
    await publish_channel(lead, channel["id"], limits={"acknowledge": 4, "decide": 40})
    record = made(await lead.post("/v1/complaints/recorded", **recorded(channel="hotline")), 201)
    assert (record["channel_version"], record["version"]) == (2, 2)


async def test_a_record_that_is_read_twice_is_the_same_both_times(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    channel_id = UUID((await create_channel(lead))["id"])
    async with house.asked(tenant) as work:
        await loaded(work, channel_id)
        assert (await loaded(work, channel_id)).version == 1
        async with house.asked(tenant) as other:
            rename(other, await loaded(other, channel_id), "Other")
        with pytest.raises(Moved):
            await loaded(work, channel_id)


async def test_who_writes_nothing_rests_on_nothing(house: House, tenant: Tenant, lead: httpx.AsyncClient) -> None:
    channel_id, said = UUID((await create_channel(lead))["id"]), list[str]()
    listening = overheard(house.database("complaints"), lambda statement, _: said.append(statement))
    async with listening, house.asked(tenant) as work:
        await loaded(work, channel_id)
    assert len(said) == 1, said


async def test_a_process_remembers_so_many_channels(
    house: House, lead: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("one", "two"):
        await open_channel(lead, code)
    said = list[str]()
    for remembered, statements in ((1, 4), (2, 2)):
        monkeypatch.setattr(channels, "REMEMBERED", remembered)
        for code in ("one", "two"):
            await receive(lead, channel=code)
        said.clear()
        async with overheard(house.database("complaints"), lambda statement, _: said.append(statement)):
            for code in ("one", "two"):
                await receive(lead, channel=code)
        assert len(said) == statements, said


def lookers(monkeypatch: pytest.MonkeyPatch, look: Callable[[str], Awaitable[None]]) -> None:
    """Has something happen after a step has read the merged complaints, or the cases that want our reply."""
    read = UnitOfWork.read

    async def read_then(work: UnitOfWork, what: Read[Any], **values: Any) -> Any:
        found = await read(work, what, **values)
        if what in (OF_MERGED, WITH_MERGED):
            await look("merged")
        return found

    async def ask_then(work: UnitOfWork, complaint_id: UUID) -> Any:
        found = await open_cases(work, complaint_id)
        await look("cases")
        return found

    monkeypatch.setattr(UnitOfWork, "read", read_then)
    monkeypatch.setattr(queries, "open_cases", ask_then)


@pytest.mark.parametrize("step", ["discard", "refuse", "withdraw", "reassess", "approve", "close"])
async def test_what_others_change_without_the_version_is_read_under_the_lock(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async with desk_of(house, tenant) as desk:
        if step in {"discard", "refuse", "withdraw", "reassess"}:
            record = await (receive(desk.by["handler"]) if step == "discard" else desk.assessed())
        elif step == "approve":
            record = await desk.step("handler", await desk.investigating(), "propose", **PROPOSAL)
        else:
            record = await desk.reached(await desk.pending())
        seen = set[str]()

        async def look(what: str) -> None:
            seen.add(what)
            async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as other:
                asked = "SELECT 1 FROM complaint WHERE id = $1 FOR UPDATE SKIP LOCKED"
                assert await other.driver.fetchval(asked, UUID(record["id"])) is None, f"{what} without the lock"

        lookers(monkeypatch, look)
        who = {"discard": "handler", "refuse": "head", "close": "caller"}.get(step, "lead")
        await desk.step(who, record, step, **BODIES[step])
        assert "merged" in seen
        assert ("cases" in seen) == (step == "close")
