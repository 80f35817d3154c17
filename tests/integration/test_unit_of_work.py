"""The unit of work: whole or not at all, within one provider, and never answered before it is committed."""

import asyncio
from contextlib import suppress
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, text

from chassis.actors import SYSTEM
from chassis.app import create_app
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.sealing import Vault
from chassis.tables import JournalEntry
from services.complaints.app import SERVICE
from services.complaints.complaints.models import Complaint
from tests.make.complaints import acknowledge, complain, complaint, made, open_channel, receive
from tests.make.house import House, Tenant


async def entries(house: House, tenant: Tenant) -> list[tuple[UUID, int]]:
    """Subject and version of each journal entry of a provider, in the order of the journal."""
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        query = select(JournalEntry.subject, JournalEntry.version).where(JournalEntry.provider_id == tenant.id)
        rows = (await work.session.execute(query.order_by(JournalEntry.seq))).all()
        return [(row.subject, row.version) for row in rows]


async def complaints(house: House, tenant: Tenant) -> int:
    """How many complaints a provider has."""
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        query = select(Complaint.id).where(Complaint.provider_id == tenant.id)
        return len((await work.session.execute(query)).all())


@pytest.mark.clause("8.2")
async def test_row_and_journal_come_together(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        first = await receive(client)
        channel = UUID((await open_channel(client, "web", anonymous_allowed=True))["id"])
        await complain(client, tenant, channel="web", anonymous=True, parties=[])
        second = made(await client.get("/v1/complaints"))["items"][0]
    assert await entries(house, tenant) == [
        (UUID(first["id"]), 1),
        (channel, 1),
        (channel, 2),
        (UUID(second["id"]), 1),
        (UUID(second["id"]), 2),
    ]


async def test_a_commit_that_fails_is_not_answered_with_success(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: UnitOfWork) -> None:
        await self.flush()
        raise asyncpg.AdminShutdownError("terminating connection")

    async with house.client("complaints", tenant, "complaint_handler") as client:
        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "commit", broken)
            answer = await client.post("/v1/complaints", json=complaint())
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert await complaints(house, tenant) == 0
        await receive(client)
    assert await complaints(house, tenant) == 1


async def test_a_refused_step_leaves_nothing(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        made(await client.post("/v1/complaints", json={"words": "Nobody can be reached."}), 409)
    assert await entries(house, tenant) == []


async def test_work_is_held_to_one_provider_without_the_codes_own_filter(
    house: House, tenant: Tenant, other_tenant: Tenant
) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        mine = await receive(client)
    async with house.client("complaints", other_tenant, "complaint_handler") as client:
        await receive(client)
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        seen = (await work.session.execute(select(Complaint.id))).scalars().all()
    assert seen == [UUID(mine["id"])]


async def test_nothing_is_seen_without_a_provider(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        await receive(client)
    async with house.database("complaints").connection() as (connection, _):
        assert (await connection.execute(text("SELECT count(*) FROM complaint"))).scalar_one() == 0


async def test_two_changes_of_one_record_follow_each_other(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        record = UUID((await receive(client))["id"])
    database, order = house.database("complaints"), []
    locked = asyncio.Event()

    async def first() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await work.load(Complaint, record)
            locked.set()
            async with house.database("complaints").connection("BEGIN") as (_, watcher):
                while not await watcher.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0)
            order.append("first")

    async def second() -> None:
        await locked.wait()
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await work.load(Complaint, record)
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first", "second"]


async def test_a_stale_version_is_refused(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        record = UUID((await receive(client))["id"])
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        with pytest.raises(Problem) as refused:
            await work.load(Complaint, record, 7)
    assert (refused.value.kind.status, refused.value.headers["ETag"]) == (412, '"1"')


async def test_a_pool_without_a_free_connection_is_a_503(house: House, tenant: Tenant) -> None:
    settings = house.settings("complaints", worker="off", database_pool_size=1)
    app = create_app(SERVICE, settings)
    small = House(house.servers, {"complaints": app})
    async with app.router.lifespan_context(app), small.client("complaints", tenant, "complaint_handler") as client:
        await receive(client)
        async with small.database("complaints").connection():
            answer = await client.get("/v1/complaints")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert (await client.get("/v1/complaints")).status_code == 200


async def test_a_cancelled_unit_of_work_leaves_no_transaction_behind(house: House, tenant: Tenant) -> None:
    settings = house.settings("complaints", database_pool_size=1)
    database = Database(settings, "app", Vault(settings.master_key.get_secret_value()))
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await work.session.execute(text("SELECT 1"))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.connection() as (connection, _):
        setting = await connection.execute(text("SELECT current_setting('app.provider_id', true)"))
        assert setting.scalar_one() in {None, ""}
    await database.close()


async def test_a_failure_that_was_swallowed_is_no_success(house: House, tenant: Tenant) -> None:
    async def swallow() -> None:
        async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            with suppress(Exception):
                await work.session.execute(text("SELECT 1 / 0"))

    with pytest.raises(RuntimeError, match="rolled back"):
        await swallow()


async def test_what_is_locked_is_read_anew(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        record = UUID((await receive(client))["id"])
        async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            assert (await work.find(Complaint, record)).state == "received"
            await acknowledge(client, str(record))
            locked = await work.load(Complaint, record)
            assert (locked.state, locked.version) == ("acknowledged", 2)
