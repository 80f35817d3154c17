"""Timers: each step is taken once, in its provider's transaction; one that fails is tried later."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from chassis.actors import SYSTEM
from chassis.clock import utc_now
from chassis.database import Database
from chassis.db import INSTALLATION, UnitOfWork
from chassis.ids import new_id
from chassis.jobs import CHANGES, HOUSEKEEPING, SOON, Timers, Together, keep_house, set_timer
from chassis.sealing import Vault
from chassis.tables import Attempt, Idempotency, Timer
from tests.make.complaints import SetClock, create_channel
from tests.make.house import House, Tenant


@pytest.fixture
async def clock() -> SetClock:
    return SetClock(utc_now())


@pytest.fixture
async def database(house: House, clock: SetClock) -> AsyncIterator[Database]:
    """The worker's connections to a service that has no timers of its own."""
    settings = house.settings("projects")
    database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=clock)
    yield database
    await database.close()


async def arm(database: Database, tenant: Tenant, clock_name: str) -> UUID:
    record = new_id()
    async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        set_timer(work, record, clock_name, "due", work.now + timedelta(minutes=5))
    return record


async def test_a_step_is_taken_once_by_however_many_workers(
    database: Database, tenant: Tenant, clock: SetClock
) -> None:
    name = f"clock-{new_id()}"
    records = {await arm(database, tenant, name) for _ in range(20)}
    taken: list[UUID] = []

    async def handler(work: UnitOfWork, record: UUID, step: str) -> None:
        assert (work.provider_id, work.actor.name, step) == (tenant.id, "system", "due")
        await asyncio.sleep(0)
        taken.append(record)

    workers = [Timers(database, {name: handler}) for _ in range(3)]
    assert sum(await asyncio.gather(*(worker.fire_due() for worker in workers))) == 0
    clock.forward(timedelta(minutes=5))
    assert sum(await asyncio.gather(*(worker.fire_due() for worker in workers))) >= 20
    assert len(taken) == 20
    assert set(taken) == records


async def test_a_step_that_fails_is_undone_and_tried_later(database: Database, tenant: Tenant, clock: SetClock) -> None:
    name = f"clock-{new_id()}"
    record, tries = await arm(database, tenant, name), []

    async def handler(work: UnitOfWork, record: UUID, step: str) -> None:
        set_timer(work, record, name, "follows", work.now)
        tries.append(work.now)
        if len(tries) == 1:
            raise RuntimeError("the first time fails")

    timers = Timers(database, {name: handler})
    clock.forward(timedelta(minutes=5))
    await timers.fire_due()
    assert len(tries) == 1
    assert await steps(database, record) == {"due"}
    await timers.fire_due()
    assert len(tries) == 1  # not before its wait is over
    clock.forward(timedelta(seconds=10))
    await timers.fire_due()
    assert len(tries) == 2
    assert await steps(database, record) == {"follows"}


async def test_steps_taken_together_share_a_transaction_of_their_provider(
    database: Database, tenant: Tenant, other_tenant: Tenant, clock: SetClock
) -> None:
    name = f"clock-{new_id()}"
    mine = {await arm(database, tenant, name) for _ in range(20)}
    theirs = {await arm(database, other_tenant, name) for _ in range(3)}
    taken: list[tuple[UUID, set[UUID]]] = []

    async def many(work: UnitOfWork, records: Sequence[UUID]) -> None:
        taken.append((work.provider_id, set(records)))

    timers = Timers(database, {name: Together(many)})
    clock.forward(timedelta(minutes=5))
    assert await timers.fire_due() == 0, "others may come due meanwhile, and are waited for"
    assert sorted(taken) == sorted([(tenant.id, mine), (other_tenant.id, theirs)])
    await timers.fire_due()
    assert len(taken) == 2


async def test_of_steps_taken_together_only_the_one_that_fails_is_tried_later(
    database: Database, tenant: Tenant, clock: SetClock
) -> None:
    name = f"clock-{new_id()}"
    bad, *good = [await arm(database, tenant, name) for _ in range(4)]
    taken: list[UUID] = []

    async def many(work: UnitOfWork, records: Sequence[UUID]) -> None:
        for record in records:
            set_timer(work, record, name, "follows", work.now + timedelta(days=1))
        if bad in records:
            raise RuntimeError("one of them fails")
        taken.extend(records)

    timers = Timers(database, {name: Together(many)})
    clock.forward(timedelta(minutes=5))
    await timers.fire_due()
    assert sorted(taken) == sorted(good)
    assert await steps(database, bad) == {"due"}
    assert await steps(database, good[0]) == {"follows"}


async def test_a_timer_that_is_set_stays_as_it_is(database: Database, tenant: Tenant, clock: SetClock) -> None:
    name, record = f"clock-{new_id()}", new_id()
    for delay in (timedelta(hours=1), timedelta(hours=2)):
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            set_timer(work, record, name, "due", work.now + delay)
    async with database.connection() as (connection, _):
        due = await connection.execute(select(Timer.due_at).where(Timer.record == record))
        assert due.scalars().all() == [clock.now + timedelta(hours=1)]


async def test_housekeeping_deletes_what_has_expired_and_comes_again(database: Database, clock: SetClock) -> None:
    old, fresh = new_id().bytes, new_id().bytes
    async with database.connection() as (connection, _):
        for key, end in ((old, clock.now), (fresh, clock.now + timedelta(days=1))):
            row = {"key_hash": key, "expires_at": end}
            await connection.execute(insert(Idempotency).values(row | {"request_hash": b"", "answer": None}))
            await connection.execute(insert(Attempt).values(row | {"tries": 1}))
    clock.forward(timedelta(seconds=1))
    async with database.work(INSTALLATION, actor=SYSTEM, correlation=new_id()) as work:
        await keep_house(work, new_id(), "hourly")
    async with database.connection() as (connection, _):
        for table in ("idempotency", "attempt"):
            kept = await connection.execute(text(f"SELECT key_hash FROM {table}"))
            hashes = set(kept.scalars().all())
            assert old not in hashes
            assert fresh in hashes
        again = await connection.execute(select(Timer.due_at).where(Timer.clock == HOUSEKEEPING))
        assert again.scalars().all()


async def steps(database: Database, record: UUID) -> set[str]:
    async with database.connection() as (connection, _):
        return set((await connection.execute(select(Timer.step).where(Timer.record == record))).scalars().all())


async def test_what_runs_soon_runs_within_each_provider_where_something_was_journalled(
    house: House, tenant: Tenant, other_tenant: Tenant, clock: SetClock
) -> None:
    settings = house.settings("complaints")
    vault = Vault(settings.master_key.get_secret_value())
    database = Database(settings, "worker", vault, clock=clock)
    async with house.client("complaints", tenant, "administrator") as client:
        await create_channel(client)
    taken: list[UUID] = []

    async def note(work: UnitOfWork, record: UUID, step: str) -> None:
        taken.append(work.provider_id)

    name = f"sweep-{new_id()}"
    timers = Timers(database, {}, soon={name: note})
    async with database.work(INSTALLATION, actor=SYSTEM, correlation=new_id()) as work:
        set_timer(work, INSTALLATION, CHANGES, f"look-{new_id()}", work.now)  # beside the one of the house's worker
    while tenant.id not in taken:
        await timers.fire_due()
        clock.forward(SOON)
    await database.close()
    assert other_tenant.id not in taken
