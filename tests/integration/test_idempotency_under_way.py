"""Idempotency-Key while the first request is still at work, fails, or is not kept."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Response

from chassis.access import open_to_all, permitted
from chassis.connections import SERVER_SETTINGS
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.ids import new_id
from tests.make.complaints import faulted, made
from tests.make.house import House, Tenant
from tests.make.stub import NAME, serving

READ = "complaints.complaint.read"
KEY = {"Idempotency-Key": "once"}


def count_in(answer: httpx.Response) -> int:
    """What a bell answered: how often it was rung."""
    assert answer.status_code == 200, answer.text
    return int(answer.text)


@dataclass
class Bell:
    """A route whose effect the test holds back; `rung` counts how often it was reached."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    rung: int = 0

    def router(self) -> APIRouter:
        """The routes of these tests."""
        router = APIRouter(prefix="/v1", route_class=IdempotentRoute)

        @router.post("/bells", status_code=201)
        async def ring(work: Annotated[UnitOfWork, permitted(READ)], response: Response) -> int:
            self.rung += 1
            self.begun.set()
            await self.may_end.wait()
            response.headers["Location"] = f"/v1/bells/{self.rung}"
            response.headers["ETag"] = f'"{self.rung}"'
            return self.rung

        @router.post("/public/{provider}/bells")
        async def ring_openly(work: Annotated[UnitOfWork, open_to_all()]) -> int:
            self.rung += 1
            return self.rung

        @router.post("/cracked")
        async def crack(work: Annotated[UnitOfWork, permitted(READ)]) -> int:
            self.rung += 1
            if self.rung == 1:
                raise RuntimeError("it cracked")
            return self.rung

        return router


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
async def client(
    house: House, tenant: Tenant, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that waits for locks a tenth of a second."""
    monkeypatch.setitem(SERVER_SETTINGS, "lock_timeout", "100ms")
    async with serving(house, bell.router()) as stub, stub.client(NAME, tenant, "administrator") as client:
        yield client


async def test_a_repeat_while_the_first_is_at_work_is_told_to_come_again_and_then_gets_its_answer(
    client: httpx.AsyncClient, bell: Bell
) -> None:
    first = asyncio.create_task(client.post("/v1/bells", headers=KEY))
    await bell.begun.wait()
    second = await client.post("/v1/bells", headers=KEY)
    assert made(second, 409)["type"] == "urn:surety:problem:in_progress"
    assert second.headers["retry-after"] == "1"
    bell.may_end.set()
    answer = await first
    third = await client.post("/v1/bells", headers=KEY)
    assert (answer.status_code, third.status_code) == (201, 201)
    assert third.json() == answer.json() == bell.rung == 1
    for name in ("location", "etag", "content-type"):
        assert third.headers[name] == answer.headers[name]
    assert "idempotency-replayed" not in answer.headers
    assert third.headers["cache-control"] == "no-store"


async def test_requests_with_other_keys_do_not_wait(client: httpx.AsyncClient, bell: Bell) -> None:
    first = asyncio.create_task(client.post("/v1/bells", headers=KEY))
    await bell.begun.wait()
    bell.begun.clear()
    other = asyncio.create_task(client.post("/v1/bells", headers={"Idempotency-Key": "another"}))
    await bell.begun.wait()
    bell.may_end.set()
    assert {(await first).status_code, (await other).status_code} == {201}
    assert bell.rung == 2


async def test_a_request_that_failed_may_be_repeated_with_its_key(client: httpx.AsyncClient, bell: Bell) -> None:
    assert (await client.post("/v1/cracked", headers=KEY)).status_code == 500
    assert count_in(await client.post("/v1/cracked", headers=KEY)) == 2
    assert count_in(await client.post("/v1/cracked", headers=KEY)) == 2


async def test_a_client_that_went_away_before_the_answer_finds_its_effect_undone_or_kept_whole(
    client: httpx.AsyncClient, bell: Bell
) -> None:
    first = asyncio.create_task(client.post("/v1/bells", headers=KEY))
    await bell.begun.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    bell.may_end.set()
    answer = await client.post("/v1/bells", headers=KEY)
    assert answer.status_code == 201
    assert answer.json() == bell.rung


async def test_everybody_shares_the_keys_of_a_public_address_of_one_provider(
    client: httpx.AsyncClient, tenant: Tenant, bell: Bell
) -> None:
    key = {"Idempotency-Key": str(new_id())}
    path = f"/v1/public/{tenant.slug}/bells"
    assert count_in(await client.post(path, headers=key)) == 1
    assert count_in(await client.post(path, headers=key | {"Authorization": ""})) == 1
    assert count_in(await client.post(path, headers={"Idempotency-Key": str(new_id())})) == 2
    assert faulted(await client.post(path, headers=KEY)) == [("Idempotency-Key", "uuid_expected")]
    assert bell.rung == 2
