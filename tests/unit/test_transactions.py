"""A request's unit of work has a route that commits it, and is one."""

import asyncio
from typing import cast

import pytest
from fastapi import Request

from chassis.db import UnitOfWork
from chassis.transactions import WORK, opened

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
