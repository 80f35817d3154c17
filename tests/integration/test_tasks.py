"""Tasks: given to a person or a role, listed for them alone, ended and handed over by steps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from chassis.actors import SYSTEM
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.tasks.actions import end_tasks, give_task, hand_over, move_due
from chassis.tasks.models import Task
from chassis.tasks.rules import TaskKind, to_person, to_role
from contracts.base import Text
from tests.make.complaints import faulted, made, moment
from tests.make.house import House, Tenant

KIND = TaskKind("look", "thing", Text("Look {n}", "看 {n}"), Text("Look again {n}", "再看 {n}"), clause="8.2")
OTHER = TaskKind("tidy", "thing", Text("Tidy", "整理"), Text("Tidy", "整理"))
LIST = "/v1/services/projects/tasks"
NOON = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)


@pytest.fixture
def person() -> UUID:
    return new_id()


@asynccontextmanager
async def working(house: House, tenant: Tenant) -> AsyncIterator[UnitOfWork]:
    async with house.database("projects").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        yield work


@asynccontextmanager
async def signed_in(house: House, tenant: Tenant, person: UUID, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """A person with roles."""
    token, _ = house.issuer().issue(
        subject=person, client_id=new_id(), provider_id=tenant.id, scope=roles or ("reader",), kind="person"
    )
    async with house.client("projects") as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def give(house: House, tenant: Tenant, to: str, due_at: datetime | None = NOON, **more: Any) -> UUID:
    """A task about a record of its own."""
    record = new_id()
    async with working(house, tenant) as work:
        give_task(work, record, KIND, to, made_by=new_id(), due_at=due_at, parameters={"n": 1}, **more)
    return record


async def rows_of(house: House, tenant: Tenant, record: UUID) -> list[Task]:
    async with working(house, tenant) as work:
        query = select(Task).where(Task.provider_id == tenant.id, Task.record_id == record).order_by(Task.made_at)
        return list((await work.session.execute(query.order_by(Task.id))).scalars().all())


async def test_everybody_sees_their_own_tasks_and_those_of_their_roles(
    house: House, tenant: Tenant, other_tenant: Tenant, person: UUID
) -> None:
    mine = await give(house, tenant, to_person(person))
    ours = await give(house, tenant, to_role("inspector"), NOON - timedelta(hours=1))
    await give(house, tenant, to_role("management"))
    await give(house, tenant, to_person(new_id()))
    await give(house, other_tenant, to_person(person))
    await give(house, other_tenant, to_role("inspector"))
    async with signed_in(house, tenant, person, "inspector", "reader") as client:
        items = made(await client.get(LIST))["items"]
    assert [UUID(one["record_id"]) for one in items] == [ours, mine], "the first due first"
    assert [(one["person"], one["role"]) for one in items] == [(None, "inspector"), (str(person), None)]
    async with signed_in(house, tenant, person) as client:
        assert [UUID(one["record_id"]) for one in made(await client.get(LIST))["items"]] == [mine]
    async with house.client("projects") as client:
        assert (await client.get(LIST)).status_code == 401
    async with house.client("projects", None, "operator") as client:
        assert (await client.get(LIST)).status_code == 403


async def test_pages_neither_repeat_nor_skip_and_take_their_filters(house: House, tenant: Tenant, person: UUID) -> None:
    given = [await give(house, tenant, to_person(person), NOON + timedelta(minutes=n // 3)) for n in range(9)]
    undated = await give(house, tenant, to_role("reader"), None)
    seen: list[str] = []
    async with signed_in(house, tenant, person) as client:
        cursor: dict[str, str] = {}
        while True:
            page = made(await client.get(LIST, params={"limit": "4"} | cursor))
            seen += [one["record_id"] for one in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        before = {"due_before": (NOON + timedelta(minutes=1)).isoformat()}
        early = made(await client.get(LIST, params=before))["items"]
        assert made(await client.get(LIST, params={"state": "done"}))["items"] == []
        for wrong in ("x", "2026-01-01T00:00:00Z~x", f"2026-01-01~{new_id()}", "9" * 999):
            assert faulted(await client.get(LIST, params={"cursor": wrong})) == [("?cursor", "cursor_refused")]
    assert seen == [*map(str, given), str(undated)], "one without a due time stands where it was made"
    assert [one["record_id"] for one in early] == [str(record) for record in given[:3]]


async def test_while_a_task_is_open_it_is_given_once(house: House, tenant: Tenant, person: UUID) -> None:
    record = await give(house, tenant, to_person(person))
    async with working(house, tenant) as work:
        for level in (0, 75):
            again: dict[str, Any] = {"made_by": new_id(), "due_at": None, "parameters": {"n": 2}, "level": level}
            give_task(work, record, KIND, to_role("reader"), **again)
    assert [(row.level, row.given_to) for row in await rows_of(house, tenant, record)] == [
        (0, to_person(person)),
        (75, "role:reader"),
    ]
    async with working(house, tenant) as work:
        await end_tasks(work, record, KIND)
        give_task(work, record, KIND, to_role("reader"), made_by=new_id(), due_at=None, parameters={"n": 3})
    rows = await rows_of(house, tenant, record)
    assert [(row.level, row.state) for row in rows] == [(0, "done"), (75, "done"), (0, "open")]
    assert [row.ended_by for row in rows] == ["system", "system", None]


async def test_a_step_ends_the_tasks_of_its_kind_on_its_record_and_no_others(
    house: House, tenant: Tenant, person: UUID
) -> None:
    record, elsewhere = [await give(house, tenant, to_person(person)) for _ in range(2)]
    async with working(house, tenant) as work:
        give_task(work, record, OTHER, to_person(person), made_by=new_id(), due_at=None, parameters={})
        await end_tasks(work, record, KIND, "cancelled")
    assert [row.state for row in await rows_of(house, tenant, record)] == ["cancelled", "open"]
    assert [row.state for row in await rows_of(house, tenant, elsewhere)] == ["open"]


async def test_what_is_handed_over_is_kept_and_named_by_what_follows(
    house: House, tenant: Tenant, person: UUID
) -> None:
    record, event = await give(house, tenant, to_role("reader")), new_id()
    async with working(house, tenant) as work:
        assert await hand_over(work, record, KIND, to_person(person), made_by=event)
        assert not await hand_over(work, new_id(), KIND, to_person(person), made_by=event)
    old, new = await rows_of(house, tenant, record)
    assert (old.state, old.ended_by, new.state, new.handed_from) == ("handed_over", "system", "open", old.id)
    assert (new.due_at, new.parameters, new.clause, new.made_by) == (old.due_at, old.parameters, old.clause, event)
    async with signed_in(house, tenant, person) as client:
        (item,) = made(await client.get(LIST))["items"]
        assert item["handed_from"] == str(old.id)
        (handed,) = made(await client.get(LIST, params={"state": "handed_over"}))["items"]
        assert handed["id"] == str(old.id)


async def test_a_due_time_that_moves_moves_the_task_in_the_list(house: House, tenant: Tenant, person: UUID) -> None:
    first, second = [await give(house, tenant, to_person(person), NOON + timedelta(hours=n)) for n in range(2)]
    async with working(house, tenant) as work:
        await move_due(work, first, KIND, NOON + timedelta(hours=2))
    async with signed_in(house, tenant, person) as client:
        items = made(await client.get(LIST))["items"]
    assert [UUID(one["record_id"]) for one in items] == [second, first]
    assert moment(items[1]["due_at"]) == NOON + timedelta(hours=2)


async def test_a_title_is_in_the_caller_s_language_and_an_unknown_kind_is_its_code(
    house: House, tenant: Tenant, person: UUID
) -> None:
    await give(house, tenant, to_person(person))
    async with signed_in(house, tenant, person) as client:
        assert made(await client.get(LIST))["items"][0]["title"] == "look"
    async with house.client("complaints", tenant, "complaint_handler") as client:
        parties = [{"name": "王芳", "telephone": "+86 138 0000 0000"}]
        await client.post("/v1/complaints", json={"words": "Down.", "parties": parties})
        chinese = await client.get("/v1/services/complaints/tasks", headers={"Accept-Language": "zh-CN"})
        assert made(chinese)["items"][0]["title"].startswith("告知投诉人：投诉 26-")
