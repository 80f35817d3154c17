"""Readings: each person confirms each version once, and is told what is left to be read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from tests.make.complaints import made, objected
from tests.make.documents import approve, create, in_force, next_in_force, step, version
from tests.make.house import House, Tenant


@pytest.fixture
async def author(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("risk", tenant, "quality_manager") as client:
        yield client


@pytest.fixture
async def manager(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("risk", tenant, "management") as client:
        yield client


@asynccontextmanager
async def person(house: House, tenant: Tenant, account: UUID, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a person."""
    async with house.client_of("risk", house.person_token(tenant, account, *roles)) as client:
        yield client


async def to_read(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The versions that the caller is to read."""
    page = made(await client.get("/v1/documents/to-read", params=query))
    return [one["document_version_id"] for one in page["items"]]


@pytest.mark.feature("R30")
@pytest.mark.clause("8.2-2")
async def test_a_handler_reads_what_binds_handlers_and_it_is_listed_with_who_and_when(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    binding = await in_force(author, manager)
    await in_force(author, manager, binds=["inspector"])
    await create(author)
    accounts = [new_id(), new_id()]
    for account in accounts:
        async with person(house, tenant, account, "complaint_handler", "staff") as handler:
            assert await to_read(handler) == [binding["id"]]
            confirmed = await step(handler, binding["id"], "confirm-reading")
            assert confirmed["version"] == binding["version"], "who reads changes nothing of the version"
            assert await to_read(handler) == []
    listed = made(await manager.get(f"/v1/document-versions/{binding['id']}/readings"))["items"]
    assert [one["account_id"] for one in listed] == [str(account) for account in accounts]
    assert [one["confirmed_at"] for one in listed] == sorted(one["confirmed_at"] for one in listed)


async def test_a_person_confirms_a_version_once_however_often_at_once(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    held = await in_force(author, manager)
    path = f"/v1/document-versions/{held['id']}/confirm-reading"
    async with person(house, tenant, new_id(), "staff") as reader:
        answers = await asyncio.gather(*(reader.post(path) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert objected(await reader.post(path)) == ["confirmed_before"]
    assert len(made(await author.get(f"/v1/document-versions/{held['id']}/readings"))["items"]) == 1


async def test_a_machine_reads_nothing(author: httpx.AsyncClient, manager: httpx.AsyncClient) -> None:
    held = await in_force(author, manager)
    assert objected(await author.post(f"/v1/document-versions/{held['id']}/confirm-reading")) == ["no_person"]


async def test_a_version_is_read_before_its_day_and_the_next_one_anew(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    draft = (await create(author, next_review_on="2099-01-01"))["newest"]
    async with person(house, tenant, new_id(), "complaint_handler") as handler:
        confirm = f"/v1/document-versions/{draft['id']}/confirm-reading"
        assert objected(await handler.post(confirm)) == ["wrong_state"]
        await approve(manager, draft["id"], in_force_on="2098-12-31")
        assert await to_read(handler) == [draft["id"]]
        await step(handler, draft["id"], "confirm-reading")
        assert await to_read(handler) == []
        first = await in_force(author, manager)
        await step(handler, first["id"], "confirm-reading")
        second = await next_in_force(author, manager, first["id"])
        assert await to_read(handler) == [second["id"]]
        assert objected(await handler.post(f"/v1/document-versions/{first['id']}/confirm-reading")) == ["wrong_state"]
        assert (await version(handler, first["id"]))["state"] == "superseded"


async def test_what_is_to_be_read_is_paged_by_when_it_is_in_force(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    held = [(await in_force(author, manager))["id"] for _ in range(3)]
    async with person(house, tenant, new_id(), "complaint_handler") as handler:
        page = made(await handler.get("/v1/documents/to-read", params={"limit": 2}))
        rest = await to_read(handler, limit=2, cursor=page["next"])
    assert [one["document_version_id"] for one in page["items"]] + rest == held
