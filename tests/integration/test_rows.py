"""Rows read and written past the session: one object each, whole, in few round trips, and never lost unseen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Uuid, bindparam, select

from chassis import connections
from chassis.actors import SYSTEM
from chassis.connections import TookTooLong
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import set_timer
from chassis.rows import Read
from chassis.tables import JournalEntry, Timer
from chassis.tasks.actions import end_tasks, give_task, move_due
from chassis.tasks.models import Task
from chassis.tasks.rules import TaskKind, to_role
from contracts.base import Text
from services.complaints.channels.models import Channel
from services.complaints.complaints.models import Complaint
from tests.make.broker import until
from tests.make.complaints import acknowledge, complaint, create_channel, made, open_channel, receive
from tests.make.house import House, Tenant
from tests.make.statements import overheard

KIND = TaskKind("look", "thing", Text("Look", "看"), Text("Look again", "再看"), clause="8.2")
TIMERS = Read(select(Timer).where(Timer.record == bindparam("record")).order_by(Timer.step), Timer)
DRAFTED = {"code": "late", "kind": "web", "name": "Late", "state": "drafted", "version": 1}
LOCKED = Read(select(Timer).where(Timer.record == bindparam("record")).with_for_update(), Timer)
CHANNELS = Read(select(Channel).where(Channel.provider_id == bindparam("provider_id")), Channel)
TASKS = Read(select(Task).where(Task.record_id == bindparam("record")), Task)


@asynccontextmanager
async def working(house: House, tenant: Tenant) -> AsyncIterator[UnitOfWork]:
    """A unit of work of the provider in complaints."""
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        yield work


async def test_a_row_is_one_object_however_it_was_read(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        channel = UUID((await create_channel(client))["id"])
    async with working(house, tenant) as work:
        found = await work.find(Channel, channel)
        assert await work.session.get(Channel, (tenant.id, channel)) is found
    async with working(house, tenant) as work:
        found = await work.session.get_one(Channel, (tenant.id, channel))
        assert await work.load(Channel, channel) is found
        found.name = "Changed"
    async with working(house, tenant) as work:
        assert (await work.find(Channel, channel)).name == "Changed"


async def test_a_change_of_a_row_that_has_gone_is_no_success(house: House, tenant: Tenant) -> None:
    record = new_id()
    async with working(house, tenant) as work:
        set_timer(work, record, "test", "due", work.now)
        set_timer(work, record, "test", "late", work.now)

    async def change_what_goes() -> None:
        async with working(house, tenant) as work:
            due, late = await work.read(TIMERS, record=record)
            await work.driver.execute("DELETE FROM timer WHERE record = $1 AND step = 'due'", record)
            due.failures, late.failures = 1, 1

    with pytest.raises(RuntimeError, match="gone"):
        await change_what_goes()
    async with working(house, tenant) as work:
        assert [(row.step, row.failures) for row in await work.read(TIMERS, record=record)] == [("due", 0), ("late", 0)]


async def test_what_is_new_may_be_in_the_place_of_what_has_changed(house: House, tenant: Tenant) -> None:
    record = new_id()
    async with working(house, tenant) as work:
        give_task(work, record, KIND, to_role("reader"), made_by=record, due_at=None, parameters={})
    async with working(house, tenant) as work:
        (old,) = await work.read(TASKS, record=record)
        old.state, old.ended_at, old.ended_by = "done", work.now, "system"
        give_task(work, record, KIND, to_role("reader"), made_by=record, due_at=None, parameters={})
    async with working(house, tenant) as work:
        assert sorted(task.state for task in await work.read(TASKS, record=record)) == ["done", "open"]


async def test_what_was_added_is_read_before_it_is_committed(house: House, tenant: Tenant) -> None:
    record = new_id()
    async with working(house, tenant) as work:
        set_timer(work, record, "test", "due", work.now)
        (timer,) = await work.read(TIMERS, record=record)
        timer.failures = 3
    async with working(house, tenant) as work:
        assert [row.failures for row in await work.read(TIMERS, record=record)] == [3]


async def test_a_change_meets_what_was_added_before_it_and_not_what_is_added_after(
    house: House, tenant: Tenant
) -> None:
    record = new_id()
    asked: Any = {"made_by": record, "due_at": None, "parameters": {}}
    async with working(house, tenant) as work:
        give_task(work, record, KIND, to_role("reader"), **asked)
        await end_tasks(work, record, KIND)
        give_task(work, record, KIND, to_role("handler"), **asked)
    async with working(house, tenant) as work:
        standing = {task.given_to: task.state for task in await work.read(TASKS, record=record)}
        assert standing == {to_role("reader"): "done", to_role("handler"): "open"}


async def test_a_change_shows_in_what_is_read_after_it_and_comes_before_what_changed_of_objects(
    house: House, tenant: Tenant
) -> None:
    record = new_id()
    async with working(house, tenant) as work:
        give_task(work, record, KIND, to_role("reader"), made_by=record, due_at=None, parameters={})
    async with working(house, tenant) as work:
        await move_due(work, record, KIND, work.now)
        (task,) = await work.read(TASKS, record=record)
        assert task.due_at == work.now
        await end_tasks(work, record, KIND, "cancelled")
        task.ended_by = "somebody"
    async with working(house, tenant) as work:
        (task,) = await work.read(TASKS, record=record)
        assert (task.state, task.ended_by) == ("cancelled", "somebody")


async def test_a_read_that_lacks_a_value_is_a_fault(house: House, tenant: Tenant) -> None:
    async with working(house, tenant) as work:
        with pytest.raises(KeyError, match="record"):
            await work.read(TIMERS)


async def test_hot_requests_take_few_round_trips(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        channel = (await open_channel(client))["code"]
        known = await receive(client, channel=channel)
        await client.get("/v1/complaints?limit=20")
        said: list[str] = []
        async with overheard(house.database("complaints"), lambda statement, values: said.append(statement)):
            await client.get(f"/v1/complaints/{known['id']}")
            await client.get("/v1/complaints?limit=20")
            key = {"Idempotency-Key": str(new_id())}
            made(await client.post("/v1/complaints", json=complaint(channel=channel), headers=key), 201)
            await acknowledge(client, known["id"])
            await until(lambda: len(said) >= 9)
    # What only reads says one thing. A create with a key begins, claims it, reads channel with calendar, writes, and
    # commits; a step reads the complaint with all that hangs on it, and writes.
    begun = [place for place, one in enumerate(said) if one.startswith("BEGIN")]
    ended = [place for place, one in enumerate(said) if one == "COMMIT"]
    assert (begun, ended, len(said)) == ([2], [6], 9)


async def test_what_is_read_again_is_as_it_stands_then_unless_it_was_changed_here(house: House, tenant: Tenant) -> None:
    record = new_id()
    async with working(house, tenant) as work:
        set_timer(work, record, "test", "due", work.now)
        set_timer(work, record, "test", "late", work.now)
    async with house.asked(tenant) as work:
        due, late = await work.read(TIMERS, record=record)
        async with working(house, tenant) as other:
            for row in await other.read(TIMERS, record=record):
                row.failures = 5
        late.failures = 7
        assert await work.read(LOCKED, record=record) == [due, late]
        assert (due.failures, late.failures) == (5, 7)


def has_begun(work: UnitOfWork) -> bool:
    """Whether a transaction has begun."""
    try:
        return bool(work.driver.is_in_transaction())
    except RuntimeError:
        return False


async def test_a_transaction_begins_when_it_is_needed(house: House, tenant: Tenant) -> None:
    record = new_id()
    async with house.asked(tenant) as work:
        assert await work.read(TIMERS, record=record) == []
        assert not has_begun(work)
        set_timer(work, record, "test", "due", work.now)
        assert [row.step for row in await work.read(TIMERS, record=record)] == ["due"]
        assert has_begun(work)
    async with house.asked(tenant) as work:
        (timer,) = await work.read(TIMERS, record=record)
        assert not has_begun(work)
        assert (await work.session.execute(select(Timer).where(Timer.record == record))).scalar_one() is timer
        assert has_begun(work)
        timer.failures = 3
    async with house.asked(tenant) as work:
        assert [row.failures for row in await work.read(TIMERS, record=record)] == [3]
        assert [row.failures for row in await work.read(LOCKED, record=record)] == [3]
        assert has_begun(work), "what is locked is locked until the end"
        set_timer(work, record, "test", "never", work.now)

    async def change_in_vain() -> None:
        async with house.asked(tenant) as work:
            set_timer(work, record, "test", "undone", work.now)
            await work.flush()
            raise Undone

    with pytest.raises(Undone):
        await change_in_vain()
    async with house.asked(tenant) as work:
        assert [row.step for row in await work.read(TIMERS, record=record)] == ["due", "never"]


class Undone(Exception):
    """Ends a unit of work without effect."""


async def test_a_read_that_goes_alone_is_held_to_its_provider(
    house: House, tenant: Tenant, other_tenant: Tenant
) -> None:
    everybody = Read(select(Complaint).where(bindparam("provider_id", type_=Uuid()).is_not(None)), Complaint)
    for one in (tenant, other_tenant):
        async with house.client("complaints", one, "administrator") as client:
            await receive(client)
    async with house.asked(tenant) as work:
        assert {row.provider_id for row in await work.read(everybody)} == {tenant.id}
    await nothing_is_left_of_the_provider(house)


async def nothing_is_left_of_the_provider(house: House) -> None:
    """The connection that was used last finds nothing."""
    async with house.database("complaints").connection() as (_, driver):
        assert not await driver.fetchval("SELECT current_setting('app.provider_id', true)")
        assert await driver.fetch("SELECT provider_id FROM complaint") == []


async def test_what_only_adds_is_one_statement_that_is_held_to_its_provider(
    house: House, tenant: Tenant, other_tenant: Tenant
) -> None:
    record, said = new_id(), list[str]()
    listening = overheard(house.database("complaints"), lambda statement, _: said.append(statement))
    async with listening, house.asked(tenant) as work:
        set_timer(work, record, "test", "due", work.now)
    assert len(said) == 1
    await nothing_is_left_of_the_provider(house)

    async def add_to_another() -> None:
        async with house.asked(tenant) as work:
            set_timer(work, record, "test", "mine", work.now)
            work.add(
                Channel(provider_id=other_tenant.id, id=record, **DRAFTED, created_at=work.now, updated_at=work.now)
            )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await add_to_another()
    async with house.asked(tenant) as work:
        assert [row.step for row in await work.read(TIMERS, record=record)] == ["due"]


async def test_of_rows_of_one_table_none_may_be_anothers(house: House, tenant: Tenant, other_tenant: Tenant) -> None:
    def drafted(whose: Tenant, code: str, work: UnitOfWork) -> Channel:
        row = {**DRAFTED, "code": code, "created_at": work.now, "updated_at": work.now}
        return Channel(provider_id=whose.id, id=new_id(), **row)

    async def add(*whose: Tenant) -> None:
        async with house.asked(tenant) as work:
            work.add(*(drafted(one, f"code-{place}", work) for place, one in enumerate(whose)))

    for whose in ((tenant, other_tenant), (other_tenant, tenant)):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await add(*whose)
    await add(tenant, tenant)
    for one, there in ((tenant, {"code-0", "code-1"}), (other_tenant, set())):
        async with working(house, one) as work:
            assert {row.code for row in await work.read(CHANNELS)} == there


async def test_of_rows_that_stand_already_or_come_twice_one_is_kept(house: House, tenant: Tenant) -> None:
    record = new_id()
    for steps in (["due"], ["due", "late", "late", "after"]):
        async with house.asked(tenant) as work:
            for step in steps:
                set_timer(work, record, "test", step, work.now)
    async with house.asked(tenant) as work:
        assert [row.step for row in await work.read(TIMERS, record=record)] == ["after", "due", "late"]


async def test_what_was_changed_before_there_was_a_session_is_written_as_a_change(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "administrator") as client:
        channel = UUID((await create_channel(client))["id"])
    async with working(house, tenant) as work:
        found = await work.find(Channel, channel)
        found.name = "Changed"
        assert await work.session.get(Channel, (tenant.id, channel)) is found
        found.kind = "telephone"
    async with working(house, tenant) as work:
        changed = await work.find(Channel, channel)
        assert (changed.name, changed.kind) == ("Changed", "telephone")


async def test_a_registration_is_one_statement_and_journalled(house: House, tenant: Tenant) -> None:
    said = list[str]()
    async with house.client("complaints", tenant, "administrator") as client:
        await open_channel(client)
        await receive(client, channel="hotline")  # what is remembered is asked for once
        async with overheard(house.database("complaints"), lambda statement, _: said.append(statement)):
            registered = await receive(client, channel="hotline")
    assert len(said) == 1, said
    entries = select(JournalEntry).where(JournalEntry.subject == UUID(registered["id"]))
    async with working(house, tenant) as work:
        (entry,) = (await work.session.execute(entries)).scalars().all()
        assert (entry.version, entry.type) == (1, "complaints.complaint.received.v1")


async def test_who_has_taken_long_may_not_begin_to_write(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = new_id()

    async def add(*, begin: bool) -> None:
        async with house.asked(tenant) as work:
            assert await work.read(TIMERS, record=record) == []
            set_timer(work, record, "test", "late", work.now)
            if begin:
                await work.flush()

    with monkeypatch.context() as patched:
        patched.setattr(connections, "BEGIN_SECONDS", -1.0)
        for begin in (True, False):
            with pytest.raises(TookTooLong):
                await add(begin=begin)
    await add(begin=False)
