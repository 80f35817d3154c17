"""What the clock does with documents: in force from the day that was approved, and reviewed when that is due."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.tables import JournalEntry
from deploy.throwaway import Servers
from services.risk.app import SERVICE
from services.risk.documents.models import Document
from tests.make.clockwork import Clockwork, clockwork, local, make_database
from tests.make.complaints import made, moment
from tests.make.documents import approve, complete, create, in_force, revise, step, version
from tests.make.house import House

Json = dict[str, Any]
NOW, TOMORROW, LATER = "2026-03-31 17:00", "2026-04-01", "2026-04-02 09:00"
REVIEW = {"next_review_on": "2026-10-01"}


@pytest.fixture(scope="session")
async def apart(own_servers: Servers, house: House) -> House:
    await make_database(own_servers, house, SERVICE)
    return house


@pytest.fixture
async def works(apart: House) -> AsyncIterator[Clockwork]:
    """Risk on the last evening of March."""
    async with clockwork(apart, NOW, {}, SERVICE) as works:
        yield works


@pytest.fixture
async def author(works: Clockwork) -> AsyncIterator[httpx.AsyncClient]:
    async with works.house.client("risk", works.tenant, "quality_manager") as client:
        yield client


@pytest.fixture
async def manager(works: Clockwork) -> AsyncIterator[httpx.AsyncClient]:
    async with works.house.client("risk", works.tenant, "management") as client:
        yield client


async def happened(works: Clockwork, record: str) -> list[str]:
    """What happened to a version, and in whose name."""
    async with works.work() as work:
        mine = (JournalEntry.provider_id == works.tenant.id, JournalEntry.subject == UUID(record))
        query = select(JournalEntry.type, JournalEntry.actor).where(*mine).order_by(JournalEntry.version)
        found = (await work.session.execute(query)).all()
    return [f"{type_.split('.')[2]} by {actor.partition(':')[0]}" for type_, actor in found]


async def tasks(works: Clockwork, owner: UUID, **query: str) -> list[Json]:
    async with works.house.client_of("risk", works.house.person_token(works.tenant, owner, "staff")) as client:
        found: list[Json] = made(await client.get("/v1/services/risk/tasks", params=query))["items"]
    return found


@pytest.mark.feature("R30")
async def test_a_version_comes_into_force_at_the_beginning_of_the_providers_day_whoever_works(
    works: Clockwork, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    held = await in_force(author, manager)
    following = await revise(author, held["id"])
    await complete(author, following["id"])
    approved = await approve(manager, following["id"], in_force_on=TOMORROW)
    midnight = local(f"{TOMORROW} 00:00")
    assert (approved["state"], moment(approved["in_force_from"])) == ("approved", midnight)
    workers = [works.timers() for _ in range(3)]
    assert await works.fire_at("2026-03-31 23:59", *workers) == 0
    assert (await version(author, held["id"]))["state"] == "in_force"
    assert await works.fire_at("2026-04-01 08:30", *workers) == 1
    before, after = await version(author, held["id"]), await version(author, following["id"])
    assert (before["state"], after["state"]) == ("superseded", "in_force")
    assert moment(before["in_force_to"]) == moment(after["in_force_from"]) == midnight, "late as the clock may be"
    assert (await happened(works, held["id"]))[-1] == "superseded by system"
    assert await happened(works, following["id"]) == [
        "drafted by client",
        "changed by client",
        "approved by client",
        "came_into_force by system",
    ]
    assert await works.fire_at(LATER, *workers) == 0


async def test_what_is_withdrawn_before_its_day_does_not_come_into_force(
    works: Clockwork, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    draft = (await create(author))["newest"]
    await approve(manager, draft["id"], in_force_on=TOMORROW)
    await step(manager, draft["id"], "withdraw", {"reason": "Not ready."})
    assert await works.fire_at(LATER, works.timers()) == 0
    withdrawn = await version(author, draft["id"])
    assert (withdrawn["state"], withdrawn["in_force_from"]) == ("withdrawn", None)


async def test_a_document_that_is_being_changed_is_looked_at_again(
    works: Clockwork, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    draft = (await create(author))["newest"]
    await approve(manager, draft["id"], in_force_on=TOMORROW)
    worker = works.timers()
    async with works.work() as work:
        await locked_by(work, draft["document_id"])
        assert await works.fire_at(LATER, worker) == 0
    assert (await version(author, draft["id"]))["state"] == "approved"
    assert await works.fire_at(LATER, worker) == 1
    assert (await version(author, draft["id"]))["state"] == "in_force"


async def locked_by(work: UnitOfWork, document_id: str) -> None:
    """Has a unit of work change a document."""
    await work.load(Document, UUID(document_id))


@pytest.mark.feature("R30")
async def test_the_owner_is_asked_for_the_review_once_when_its_day_comes(
    works: Clockwork, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    owner = new_id()
    held = await in_force(author, manager, owner_id=str(owner), binds=[], next_review_on="2026-04-02")
    workers = [works.timers() for _ in range(2)]
    assert await works.fire_at("2026-04-01 23:59", *workers) == 0
    assert await works.fire_at("2026-04-02 00:00", *workers) == 1
    (task,) = await tasks(works, owner)
    assert (task["why"], task["record_id"]) == ("review_document", held["id"])
    assert not (await version(author, held["id"]))["review_overdue"]
    works.clock.now += timedelta(days=1)
    assert (await version(author, held["id"]))["review_overdue"]
    assert (await happened(works, held["id"]))[-1] == "review_due by system"
    async with works.house.client_of("risk", works.house.person_token(works.tenant, owner, "staff")) as client:
        reviewed = await step(client, held["id"], "review", REVIEW)
    assert (reviewed["next_review_on"], reviewed["review_overdue"]) == (REVIEW["next_review_on"], False)
    assert await tasks(works, owner) == []
    assert await works.fire_at("2026-09-30 23:59", *workers) == 0
    assert await works.fire_at("2026-10-01 09:00", *workers) == 1
    assert [one["why"] for one in await tasks(works, owner)] == ["review_document"]


async def test_what_is_superseded_or_repealed_is_not_reviewed(
    works: Clockwork, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    held = await in_force(author, manager, next_review_on="2026-04-02")
    ended = await in_force(author, manager, next_review_on="2026-04-02")
    following = await revise(author, held["id"])
    await complete(author, following["id"])
    await asyncio.gather(
        approve(manager, following["id"]), step(manager, ended["id"], "repeal", {"reason": "No more."})
    )
    assert await works.fire_at(LATER, works.timers()) == 0
