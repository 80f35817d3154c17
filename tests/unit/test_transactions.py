"""A request's unit of work has a route that commits it, and is one."""

import asyncio
from typing import cast

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from chassis.db import UnitOfWork
from chassis.transactions import WORK, WorkRoute, opened
from tests.make.operations import operations

FIRST, SECOND = (cast(UnitOfWork, object()) for _ in range(2))


def begun(work: UnitOfWork) -> "asyncio.Future[UnitOfWork]":
    """A unit of work that has begun when it is waited for."""
    future: asyncio.Future[UnitOfWork] = asyncio.get_running_loop().create_future()
    future.set_result(work)
    return future


@pytest.mark.parametrize("noted", [{}, {WORK: FIRST}], ids=["a route that commits nothing", "a second one"])
async def test_a_unit_of_work_that_nothing_would_commit_is_refused(noted: dict[str, UnitOfWork]) -> None:
    request = Request({"type": "http", **noted})
    with pytest.raises(RuntimeError, match="WorkRoute"):
        await opened(request, begun(SECOND))
    assert request.scope == {"type": "http", **noted}


async def test_the_unit_of_work_is_noted_for_its_route() -> None:
    request = Request({"type": "http", WORK: None})
    assert await opened(request, begun(FIRST)) is request.scope[WORK] is FIRST


ROUTER = APIRouter(route_class=WorkRoute)


@ROUTER.get("/v1/things")
async def list_things() -> None: ...


@ROUTER.get("/v1/things/{thing_id}")
async def read_thing() -> None: ...


@ROUTER.post("/v1/things/{thing_id}/look")
async def look() -> None: ...


@pytest.mark.parametrize(
    ("method", "path", "status", "operation"),
    [
        ("GET", "/v1/things", 200, "list_things"),
        ("GET", "/v1/things/one", 200, "read_thing"),
        ("GET", "/v1/things/look", 200, "read_thing"),
        ("GET", "/v1/things/%E6%9D%8E", 200, "read_thing"),
        ("POST", "/v1/things/one/look", 200, "look"),
        ("GET", "/v1/things/one/look", 405, None),
        ("POST", "/v1/things", 405, None),
        ("GET", "/v1/things/one%2Flook", 405, None),
        ("GET", "/v1/things/one/two", 404, None),
        ("GET", "/v1/thing", 404, None),
        ("GET", "/v1/things/", 307, None),
    ],
)
async def test_a_route_is_found_by_its_address(method: str, path: str, status: int, operation: str | None) -> None:
    app = FastAPI(routes=ROUTER.routes)
    found = list[str]()

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        found.extend([scope["route"].name] if "route" in scope else [])

    async with AsyncClient(transport=ASGITransport(noted), base_url="http://surety") as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    if operation is not None:
        assert found == [operation]


def test_the_parameters_of_routes_are_single_segments() -> None:
    for operation in operations():
        assert ":" not in operation.route.path, f"{operation}: `WorkRoute.matches` counts slashes"
