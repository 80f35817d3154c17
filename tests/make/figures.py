"""Figures of complaints, counted as the worker does it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import httpx

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.complaints.figures.actions import begin_check, check_complaints, check_counts, count, months
from services.complaints.figures.rules import MEASURES
from tests.make.complaints import Json, made, open_channel
from tests.make.handling import Desk, desk_of
from tests.make.house import House, Tenant

T = TypeVar("T")
SETTLING = timedelta(seconds=11)
SERVICE = "/v1/services/complaints"


async def count_all(database: Database, tenant: Tenant) -> None:
    """Counts a provider's complaints until none is left that has changed."""
    more = True
    while more:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            more = await count(work)


@asynccontextmanager
async def measured_desk(house: House) -> AsyncIterator[Desk]:
    """A desk with a channel that promises eight hours to acknowledge and sixteen to decide, in a provider of its own.

    No worker of the house may run: the clocks of a desk in the past are due to it at once.
    """
    async with desk_of(house, await house.new_tenant()) as desk:
        await open_channel(desk.by["administrator"], limits={"acknowledge": 8, "decide": 16})
        yield desk


async def on_channel(desk: Desk, **changes: Any) -> Json:
    """A complaint on that channel that is investigated."""
    record = await desk.assessed({"channel": "hotline"}, **changes)
    record = await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    return await desk.step("handler", record, "start", words="I look.")


async def counted(desk: Desk) -> None:
    """Counts what has happened at a desk until now."""
    desk.clock.forward(SETTLING)
    await count_all(desk.house.database("complaints"), desk.tenant)


async def faults(database: Database, tenant: Tenant) -> int:
    """How many counts do not follow from the figures, and months have a complaint that was not counted."""

    async def working(check: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            return await check(work)

    await working(begin_check)
    found = 0
    for month in await working(months):
        found += await working(partial(check_complaints, month=month))
        for measure in MEASURES:
            found += await working(partial(check_counts, month=month, measure=measure))
    return found


async def indicators(client: httpx.AsyncClient, **params: Any) -> dict[str, Json]:
    """The indicators of a period by their codes; `from_` is its first day."""
    if "from_" in params:
        params["from"] = params.pop("from_")
    found = made(await client.get(f"{SERVICE}/indicators", params=params))
    return {one["code"]: one for one in found["items"]}


async def cases(client: httpx.AsyncClient, indicator: Json, **params: Any) -> list[Json]:
    """The cases behind an indicator, by the address that it tells."""
    address = httpx.URL(indicator["drill_down"])
    items: list[Json] = made(await client.get(address.copy_merge_params(params)))["items"]
    return items


async def report(client: httpx.AsyncClient, name: str, **params: Any) -> Json:
    """A report; `from_` is its first day."""
    if "from_" in params:
        params["from"] = params.pop("from_")
    return made(await client.get(f"{SERVICE}/reports/{name}", params=params))
