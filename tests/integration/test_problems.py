"""Every layer answers with a problem document in the language of the request, and none tells what went on inside."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.access import permitted
from chassis.bodies import JSON_BYTES
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from tests.make.house import House, Tenant
from tests.make.stub import NAME, serving

CANARY = "canary-7141"
READ = "complaints.complaint.read"
MEMBERS = {"type", "title", "status", "detail", "instance", "trace_id"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

router = APIRouter(prefix="/v1", route_class=IdempotentRoute)


class DoorIn(BaseModel):
    """What the routes of these tests take."""

    name: str = Field(min_length=2)


class DoorOut(BaseModel):
    """What they answer."""

    width: int


@router.post("/doors")
async def make_door(body: DoorIn) -> DoorOut:
    return DoorOut(width=len(body.name))


@router.patch("/doors")
async def change_door(body: DoorIn) -> DoorOut:
    return DoorOut(width=len(body.name))


@router.get("/doors")
async def list_doors(width: Annotated[int, Query(ge=1)]) -> DoorOut:
    return DoorOut(width=width)


@router.get("/broken")
async def read_broken(work: Annotated[UnitOfWork, permitted(READ)]) -> DoorOut:
    raise RuntimeError(CANARY)


@router.get("/misshapen", response_model=DoorOut)
async def read_misshapen() -> Any:
    return {"width": CANARY}


@router.get("/misspelt")
async def read_misspelt(work: Annotated[UnitOfWork, permitted(READ)]) -> DoorOut:
    await work.session.execute(text(f"SELECT '{CANARY}' FROM no_such_table"))
    return DoorOut(width=1)


@router.get("/half", response_class=PlainTextResponse)
async def read_half(work: Annotated[UnitOfWork, permitted(READ)]) -> str:
    await work.session.execute(text("SELECT 1"))
    return "half"


@pytest.fixture(scope="module")
async def stub(house: House) -> AsyncIterator[House]:
    """A service with these routes."""
    async with serving(house, router) as stub:
        yield stub


@pytest.fixture
async def client(stub: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may do all of it."""
    async with stub.client(NAME, tenant, "administrator") as client:
        yield client


def a_problem(answer: httpx.Response, status: int, language: str) -> dict[str, Any]:
    """The document of an answer that must be a problem through and through."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    assert answer.headers["cache-control"] == "no-store"
    document: dict[str, Any] = answer.json()
    assert document.keys() >= MEMBERS
    assert document.keys() <= MEMBERS | {"objections", "errors"}
    assert document["status"] == status
    assert document["instance"] == answer.request.url.path
    assert document["trace_id"] == answer.headers["trace-id"]
    chinese = any("\u4e00" <= character <= "\u9fff" for character in document["title"] + document["detail"])
    assert chinese == (language == "zh-CN")
    for told in (CANARY, "Traceback", "SELECT", "asyncpg", "sqlalchemy", 'File "', "site-packages"):
        assert told not in answer.text
    return document


JSON = {"Content-Type": "application/json"}
REQUESTS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no such address": (404, "GET", {"url": "/v1/windows"}),
    "an address that is encoded oddly": (404, "GET", {"url": "/v1/%ff%00"}),
    "no such method": (405, "DELETE", {"url": "/v1/doors"}),
    "no token": (401, "GET", {"url": "/v1/broken", "headers": {"Authorization": ""}}),
    "no JSON": (400, "POST", {"url": "/v1/doors", "content": b"{", "headers": JSON}),
    "no UTF-8": (400, "POST", {"url": "/v1/doors", "content": b'{"name": "\xff"}', "headers": JSON}),
    "too deep": (400, "POST", {"url": "/v1/doors", "content": b"[" * 100_000, "headers": JSON}),
    "an invalid body": (422, "POST", {"url": "/v1/doors", "json": {"name": CANARY[:1]}}),
    "no body": (422, "POST", {"url": "/v1/doors"}),
    "an invalid parameter": (422, "GET", {"url": "/v1/doors", "params": {"width": CANARY}}),
    "too large": (413, "POST", {"url": "/v1/doors", "content": b" " * (JSON_BYTES + 1)}),
    "a fault of ours": (500, "GET", {"url": "/v1/broken"}),
    "an answer of another shape": (500, "GET", {"url": "/v1/misshapen"}),
    "a wrong statement": (500, "GET", {"url": "/v1/misspelt"}),
}


@pytest.mark.parametrize(("accept", "language"), [("en", "en"), ("zh-CN,zh;q=0.9", "zh-CN"), ("fr", "en")])
@pytest.mark.parametrize("case", REQUESTS)
async def test_every_layer_answers_with_a_problem(
    client: httpx.AsyncClient, case: str, accept: str, language: str
) -> None:
    status, method, request = REQUESTS[case]
    headers = {"Accept-Language": accept, **request.get("headers", {})}
    document = a_problem(await client.request(method, **{**request, "headers": headers}), status, language)
    if status == 422:
        assert document["errors"]
        assert all(one["detail"] for one in document["errors"])


async def test_a_method_that_is_not_taken_is_answered_with_those_that_are(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/v1/misshapen")
    assert a_problem(answer, 405, "en")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["plain", "with a key"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_body_that_grows_beyond_the_limit_on_its_way_is_refused(
    client: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * JSON_BYTES:
            sent += 50_000
            yield b" " * 50_000

    a_problem(await client.request(method, "/v1/doors", content=body(), headers=headers), 413, "en")


async def test_a_body_of_exactly_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    content = b'{"name": "xy"}'
    answer = await client.post("/v1/doors", content=content + b" " * (JSON_BYTES - len(content)), headers=JSON)
    assert answer.status_code == 200, answer.text


async def test_the_callers_trace_is_found_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/broken", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert a_problem(answer, 500, "en")["trace_id"] == TRACE


async def test_a_database_that_is_away_is_a_503_with_the_time_to_come_again(house: House, tenant: Tenant) -> None:
    for where in ({"database_host": "/nonexistent"}, {"database_host": "127.0.0.1", "database_port": 9}):
        async with (
            serving(house, router, **where) as stub,
            stub.client(NAME, tenant, "administrator") as client,
        ):
            answer = await client.get("/v1/half")
            a_problem(answer, 503, "en")
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_connection_that_the_server_ended_is_replaced(house: House, tenant: Tenant) -> None:
    async with (
        serving(house, router, database_pool_size=1) as stub,
        stub.client(NAME, tenant, "administrator") as client,
    ):
        assert (await client.get("/v1/half")).text == "half"
        await end_sessions(house, stub)
        statuses = [(await client.get("/v1/half")).status_code for _ in range(3)]
    assert statuses[-2:] == [200, 200]
    assert statuses[0] in {200, 503}, "an ended connection is an outage and no fault of ours"


async def end_sessions(house: House, stub: House) -> None:
    """End the idle connections of a service's serving role, as a restart of the server does."""
    async with stub.database(NAME).connection() as (_, driver):
        pid = driver.get_server_pid()
    connection = await asyncpg.connect(house.servers.postgres.dsn(NAME))
    try:
        assert await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    finally:
        await connection.close()
