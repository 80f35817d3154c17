"""My tasks: the lists of all services as one, through the real gateway, also while one of them is away."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.tasks.actions import give_task
from chassis.tasks.rules import TaskKind, to_person, to_role
from contracts.base import Text
from deploy.throwaway import Servers
from gateway.merged import queries
from tests.make.complaints import acknowledge, faulted, made, receive
from tests.make.edge import Asked, Edge, Scripted, answer, gateway, scripted, served
from tests.make.house import House, Tenant

MINE = "/v1/me/tasks"
KIND = TaskKind("look", "thing", Text("Look", "看"), Text("Look", "看"))
NOON, DAY = datetime(2026, 1, 5, 4, 0, tzinfo=UTC), timedelta(days=1)
UP = ("complaints", "risk", "projects")


@pytest.fixture
async def front(house: House) -> AsyncIterator[Edge]:
    """A gateway before three services; satisfaction is away."""
    async with AsyncExitStack() as stack:
        quiet: dict[str, Any] = {"port": 0, "log_level": "critical", "lifespan": "off"}
        urls: dict[str, Any] = {
            f"{name}_url": await stack.enter_async_context(served(uvicorn.Config(house.apps[name], **quiet)))
            for name in UP
        }
        yield await stack.enter_async_context(gateway(house.servers, **urls))


def token_of(house: House, tenant: Tenant, person: UUID, *roles: str) -> str:
    return house.issuer().issue(subject=person, client_id=new_id(), provider_id=tenant.id, scope=roles, kind="person")[
        0
    ]


async def give(house: House, service: str, tenant: Tenant, to: str, due_at: datetime) -> str:
    record = new_id()
    async with house.database(service).work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        give_task(work, record, KIND, to, made_by=new_id(), due_at=due_at, parameters={})
    return str(record)


async def test_the_tasks_of_all_services_are_one_list_and_who_is_away_is_named(
    house: House, front: Edge, tenant: Tenant
) -> None:
    person = new_id()
    records = [
        await give(house, UP[n % 3], tenant, to_person(person) if n % 2 else to_role("inspector"), NOON + n * DAY)
        for n in range(10)
    ]
    await give(house, "risk", tenant, to_person(new_id()), NOON)
    token = token_of(house, tenant, person, "inspector")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for items in (4, 4, 2):
        page = made(await front.ask("GET", MINE, token, params={"limit": "4"} | cursor))
        assert (len(page["items"]), page["incomplete"]) == (items, ["satisfaction"])
        seen += [one["record_id"] for one in page["items"]]
        cursor = {"cursor": page["next"]}
    assert page["next"] is None
    assert seen == records
    (first,) = made(await front.ask("GET", MINE, token, params={"due_before": (NOON + DAY).isoformat()}))["items"]
    assert (first["service"], first["record_id"]) == ("complaints", records[0])
    assert made(await front.ask("GET", MINE, token, params={"state": "done"}))["items"] == []


async def test_a_task_ends_with_its_step_in_the_caller_s_language(house: House, front: Edge, tenant: Tenant) -> None:
    person = new_id()
    token = token_of(house, tenant, person, "complaint_handler")
    async with httpx.AsyncClient(base_url=front.url, headers={"Authorization": f"Bearer {token}"}) as client:
        complaint = await receive(client)
        (task,) = made(await client.get(MINE, headers={"Accept-Language": "zh-CN"}))["items"]
        assert task["title"] == f"告知投诉人：投诉 {complaint['receipt_number']} 已收悉"
        assert (task["record_id"], task["role"]) == (complaint["id"], "complaint_handler")
        await acknowledge(client, complaint["id"])
        assert made(await client.get(MINE))["items"] == []
        (done,) = made(await client.get(MINE, params={"state": "done"}))["items"]
    assert (done["id"], done["ended_by"]) == (task["id"], f"person:{person}")


async def test_my_tasks_are_for_who_is_signed_in_at_a_provider(house: House, front: Edge, tenant: Tenant) -> None:
    assert (await front.ask("GET", MINE)).status_code == 401
    assert (await front.ask("GET", MINE, front.operator_key)).status_code == 403
    token = token_of(house, tenant, new_id(), "reader")
    assert faulted(await front.ask("GET", MINE, token, params={"cursor": "x"})) == [("?cursor", "cursor_refused")]


async def slow(service: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the gateway has had enough
    writer.close()


async def broken(service: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await answer(writer, b"no JSON")


async def failing(service: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await answer(writer, status="503 Service Unavailable")


async def empty(service: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await answer(writer, json.dumps({"items": [], "next": None, "as_of": "2026-01-01T00:00:00Z"}).encode())


async def test_a_service_that_hangs_fails_or_talks_nonsense_is_missing_and_the_rest_is_there(
    own_servers: Servers, house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SECONDS", 0.3)
    async with AsyncExitStack() as stack:
        behaviours = {"complaints": empty, "projects": slow, "risk": broken, "satisfaction": failing}
        services = {name: await stack.enter_async_context(scripted(one)) for name, one in behaviours.items()}
        urls: dict[str, Any] = {f"{name}_url": one.url for name, one in services.items()}
        edge = await stack.enter_async_context(gateway(own_servers, **urls))
        token = token_of(house, tenant, new_id(), "reader")
        headers = {"Accept-Language": "zh-CN", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        page = made(await edge.ask("GET", MINE, token, headers=headers, params={"due_before": NOON.isoformat()}))
    assert (page["items"], page["incomplete"]) == ([], ["projects", "risk", "satisfaction"])
    (asked,) = services["complaints"].asked
    assert asked.target.startswith("/v1/services/complaints/tasks?limit=50&state=open&due_before=2026-01-05T")
    assert asked.all("Authorization") == [f"Bearer {token}"]
    assert asked.all("Accept-Language") == ["zh-CN"]
    assert asked.all("traceparent")[0].split("-")[1] == "a" * 32
