"""Connections: never handed back within a transaction, and never waited for without end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from struct import pack, unpack_from
from types import SimpleNamespace
from unittest.mock import AsyncMock, Mock
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from sqlalchemy import text

from chassis import errors
from chassis.actors import SYSTEM
from chassis.connections import LOCK_SECONDS, SERVER_SETTINGS, STATEMENT_SECONDS, TRANSACTION_SECONDS, driver_of
from chassis.database import KEPT_AT_HAND, UNUSED_SECONDS, Database
from chassis.db import UnitOfWork
from chassis.faults import problem_of
from chassis.ids import new_id
from chassis.sealing import Vault
from services.complaints.channels.models import Channel
from tests.make.complaints import create_channel
from tests.make.house import House, Tenant

SSL_REQUEST = 80877103
"""What a client of PostgreSQL asks first where a connection may be encrypted."""


@pytest.fixture
async def database(house: House) -> AsyncIterator[Database]:
    """Three connections of the serving role of complaints."""
    settings = house.settings("complaints", database_pool_size=3)
    database = Database(settings, "app", Vault(settings.master_key.get_secret_value()))
    yield database
    await database.close()


@pytest.fixture
async def channels(house: House, tenant: Tenant) -> list[UUID]:
    """Two records of a provider."""
    async with house.client("complaints", tenant, "administrator") as client:
        return [UUID((await create_channel(client, code))["id"]) for code in ("first", "second")]


def kind_of(error: BaseException) -> errors.Kind | None:
    """What an exception means to a caller."""
    problem = problem_of(error, {}) if isinstance(error, Exception) else None
    return None if problem is None else problem.kind


async def test_a_connection_is_not_handed_back_within_a_transaction(database: Database) -> None:
    connection = await database.take()
    pid = driver_of(connection).get_server_pid()
    await driver_of(connection).execute("BEGIN")
    with pytest.raises(AssertionError, match="open transaction"):
        await database.give_back(connection)
    async with database.connection() as (_, driver):
        assert driver.get_server_pid() != pid, "the connection with the open transaction is thrown away"


async def test_who_waits_for_a_connection_gets_what_is_given_back(database: Database) -> None:
    taken = [await database.take() for _ in range(3)]
    first, second = [asyncio.create_task(database.take()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not first.done()
    for connection in taken[:2]:
        await database.give_back(connection)
    got = [await first, await second]
    assert set(got) == set(taken[:2])
    for connection in got:
        await database.give_back(connection)
    assert await database.take() is got[-1], "the one that came back last, whose memory is the warmest"
    for connection in (got[-1], taken[2]):
        await database.give_back(connection)


async def test_no_connection_is_waited_for_without_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [await database.take() for _ in range(3)]
    monkeypatch.setattr("chassis.database.POOL_SECONDS", 0.01)
    with pytest.raises(TimeoutError) as refused:
        await database.take()
    assert kind_of(refused.value) is errors.UNAVAILABLE
    for connection in taken:
        await database.give_back(connection)
    assert await database.take() is taken[-1]
    await database.give_back(taken[-1])


async def test_who_gives_up_waiting_takes_none_from_others(database: Database) -> None:
    taken = [await database.take() for _ in range(3)]
    first, second = [asyncio.create_task(database.take()) for _ in range(2)]
    await asyncio.sleep(0)
    await database.give_back(taken[0])
    first.cancel()
    assert await second is taken[0]
    assert first.cancelled()
    for connection in taken:
        await database.give_back(connection)
    assert {await database.take() for _ in range(3)} == set(taken)
    for connection in taken:
        await database.give_back(connection)


async def test_whoever_is_cancelled_again_and_again_leaves_room_for_the_next(
    database: Database, tenant: Tenant
) -> None:
    asking = asyncio.Event()

    async def ask() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            asking.set()
            await work.driver.fetchval("SELECT pg_sleep(10)")

    for _ in range(3):
        asking.clear()
        task = asyncio.create_task(ask())
        await asking.wait()
        while not task.done():  # as the streams of answers do it when a client has left
            task.cancel()
            await asyncio.sleep(0)
        assert task.cancelled()
    await all_can_be_had(database)


async def test_a_rollback_that_is_cancelled_leaves_room_for_the_next(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            monkeypatch.setattr(type(work.driver), "execute", AsyncMock(side_effect=asyncio.CancelledError))
            raise ValueError

    with pytest.raises(asyncio.CancelledError):
        await fail()
    monkeypatch.undo()
    await all_can_be_had(database)


async def all_can_be_had(database: Database) -> None:
    """Takes all three connections at once and gives them back."""
    for connection in [await database.take() for _ in range(3)]:
        assert await driver_of(connection).fetchval("SELECT 1") == 1
        await database.give_back(connection)


async def test_who_could_not_be_connected_leaves_room_for_the_next(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = house.settings("complaints", database_host=str(tmp_path))
    with monkeypatch.context() as away:
        away.setattr(database, "engine", Database(nobody, "app", database.vault).engine)
        for _ in range(4):
            with pytest.raises(FileNotFoundError):
                await database.take()
    await database.give_back(await database.take())


async def test_who_is_cancelled_while_connecting_leaves_room_for_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = asyncio.Event()

    async def connect() -> None:
        connecting.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as away:
        away.setattr(database, "engine", Mock(connect=connect))
        for _ in range(3):
            connecting.clear()
            task = asyncio.create_task(database.take())
            await connecting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    await all_can_be_had(database)


async def test_a_server_that_is_silent_once_it_has_let_one_in_is_not_waited_for_without_end(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.database.POOL_SECONDS", 0.1)
    async with silent_server() as port:
        nobody = house.settings("complaints", database_host="127.0.0.1", database_port=port)
        with monkeypatch.context() as away:
            away.setattr(database, "engine", Database(nobody, "app", database.vault).engine)
            taking = [asyncio.create_task(database.take()) for _ in range(4)]
            async with asyncio.timeout(5):
                for refused in await asyncio.gather(*taking, return_exceptions=True):
                    assert isinstance(refused, TimeoutError)
    await all_can_be_had(database)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of a server that lets everybody in as PostgreSQL does, and answers no statement."""
    version = b"server_version\x0018.0\x00"
    welcome = b"R" + pack("!ii", 8, 0) + b"S" + pack("!i", 4 + len(version)) + version + b"Z" + pack("!ic", 5, b"I")

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (asked := await reader.read(1024)) and unpack_from("!i", asked, 4) == (SSL_REQUEST,):
            writer.write(b"N")
        writer.write(welcome)
        while await reader.read(1024):
            pass
        writer.close()

    async with await asyncio.start_server(let_in, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_session_that_answers_no_more_is_given_up_and_another_one_opened(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.database.ANSWER_SECONDS", 0.2)
    settings = house.settings("complaints", database_pool_size=3)
    database = Database(settings, "app", Vault(settings.master_key.get_secret_value()))
    stopped: list[int] = []

    async def ask() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            stopped.append(work.driver.get_server_pid())
            os.kill(stopped[0], signal.SIGSTOP)
            await work.driver.fetchval("SELECT 1")

    try:
        async with asyncio.timeout(10):
            with pytest.raises(TimeoutError) as ended:
                await ask()
            await all_can_be_had(database)
            await database.close()
    finally:
        for session in stopped:
            os.kill(session, signal.SIGCONT)
    assert kind_of(ended.value) is errors.UNAVAILABLE


async def test_of_the_connections_of_a_burst_those_that_nobody_uses_are_closed_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Mock(return_value=0.0)
    monkeypatch.setattr("chassis.database.time", SimpleNamespace(monotonic=clock))
    burst = [await database.take() for _ in range(3)]
    drivers = [driver_of(one) for one in burst]
    for connection in burst:
        await database.give_back(connection)

    async def closed_at(seconds: float) -> list[bool]:
        clock.return_value = seconds
        await database.give_back(await database.take())
        return [one.is_closed() for one in drivers]

    assert await closed_at(UNUSED_SECONDS) == [False, False, False]
    assert await closed_at(UNUSED_SECONDS + 1) == [True, False, False]
    assert await closed_at(10 * UNUSED_SECONDS) == [True, False, False]
    assert len(database.at_hand) == KEPT_AT_HAND


@pytest.mark.parametrize("closing", ["for want of use", "at the end"])
async def test_whoever_closes_a_connection_does_not_wait_for_its_server(
    database: Database, monkeypatch: pytest.MonkeyPatch, closing: str
) -> None:
    clock = Mock(return_value=0.0)
    monkeypatch.setattr("chassis.database.time", SimpleNamespace(monotonic=clock))
    burst = [await database.take() for _ in range(3)]
    unused = driver_of(burst[0])
    session = unused.get_server_pid()
    for connection in burst:
        await database.give_back(connection)
    os.kill(session, signal.SIGSTOP)
    clock.return_value = UNUSED_SECONDS + 1
    try:
        async with asyncio.timeout(1):
            if closing == "at the end":
                await database.close()
            else:
                await database.give_back(await database.take())
    finally:
        os.kill(session, signal.SIGCONT)
    assert unused.is_closed()


async def test_a_connection_stays_at_hand_whoever_has_used_it(database: Database) -> None:
    async with database.connection() as (connection, driver):
        await connection.execute(text("SELECT 1"))
    async with database.connection() as (_, again):
        assert again is driver


async def test_a_connection_that_was_closed_meanwhile_is_not_given_out(database: Database, tenant: Tenant) -> None:
    async with database.connection() as (_, driver):
        first = driver
    first.terminate()
    async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        assert work.driver is not first
        await work.session.execute(text("SELECT 1"))
    async with database.connection() as (_, driver):
        assert driver is work.driver, "what a session has used is fit again"


async def test_the_provider_of_one_unit_of_work_is_not_that_of_the_next(database: Database, tenant: Tenant) -> None:
    async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        pid = work.driver.get_server_pid()
        assert await work.driver.fetchval("SHOW app.provider_id") == str(tenant.id)
    async with database.connection() as (_, driver):
        assert driver.get_server_pid() == pid, "the last connection that came back is the first that is used"
        assert not await driver.fetchval("SELECT current_setting('app.provider_id', true)")


async def test_every_connection_has_the_limits(database: Database) -> None:
    async with database.connection() as (_, driver):
        shown = {name: await driver.fetchval(f"SHOW {name}") for name in SERVER_SETTINGS}
    assert shown == SERVER_SETTINGS
    assert (STATEMENT_SECONDS, LOCK_SECONDS, TRANSACTION_SECONDS) == (5, 2, 5)


@pytest.mark.parametrize("limit", ["statement_timeout", "transaction_timeout"])
async def test_what_takes_too_long_is_ended(database: Database, limit: str) -> None:
    async def sleep() -> None:
        async with database.connection() as (connection, _):
            await connection.execute(text("SELECT pg_sleep(10)"))

    async with database.connection() as (_, driver):
        await driver.execute(f"SET {limit} = '50ms'")  # the next transaction has the same connection
    with pytest.raises(Exception, match=r"timeout|closed") as ended:
        await sleep()
    assert kind_of(ended.value) is errors.UNAVAILABLE


async def test_a_record_that_another_request_changes_is_waited_for_and_then_busy(
    database: Database, tenant: Tenant, channels: list[UUID]
) -> None:
    async def change() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await work.driver.execute("SET LOCAL lock_timeout = '50ms'")
            await work.load(Channel, channels[0])

    async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as first:
        await first.load(Channel, channels[0])
        with pytest.raises(Exception, match="lock timeout") as refused:
            await change()
    assert kind_of(refused.value) is errors.BUSY
    await change()


async def test_of_two_requests_that_wait_for_each_other_one_goes_on(
    database: Database, tenant: Tenant, channels: list[UUID]
) -> None:
    both = asyncio.Barrier(2)

    async def change(one: UUID, other: UUID) -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await load(work, one)
            await both.wait()
            await load(work, other)

    async def load(work: UnitOfWork, channel_id: UUID) -> None:
        channel = await work.load(Channel, channel_id)
        channel.name = "Changed"

    ended = await asyncio.gather(change(*channels), change(*reversed(channels)), return_exceptions=True)
    failed = [one for one in ended if one is not None]
    assert len(failed) == 1
    assert kind_of(failed[0]) is errors.BUSY


async def test_a_commit_that_does_not_reach_the_server_is_no_success_and_leaves_nothing(
    house: House, database: Database, tenant: Tenant
) -> None:
    channel_id = new_id()

    async def draw_up() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            work.add(channel(work, channel_id))
            await work.flush()
            assert await work.driver.fetchval("SELECT count(*) FROM channel WHERE id = $1", channel_id) == 1
            await end_session(house, work.driver.get_server_pid())

    with pytest.raises(Exception, match=r"closed|terminat") as ended:
        await draw_up()
    assert kind_of(ended.value) is errors.UNAVAILABLE
    async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        assert await work.driver.fetchval("SELECT count(*) FROM channel WHERE id = $1", channel_id) == 0


async def test_a_transaction_that_failed_on_its_way_is_no_success_though_the_error_was_passed_over(
    database: Database, tenant: Tenant
) -> None:
    async def pass_over() -> None:
        async with database.work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            with suppress(asyncpg.DivisionByZeroError):
                await work.driver.execute("SELECT 1 / 0")

    with pytest.raises(RuntimeError, match="failed before"):
        await pass_over()


def channel(work: UnitOfWork, channel_id: UUID) -> Channel:
    row = Channel(provider_id=work.provider_id, id=channel_id, code="late", kind="web", name="Late", state="drafted")
    row.version, row.created_at, row.updated_at = 1, work.now, work.now
    return row


async def end_session(house: House, pid: int) -> None:
    """End a session as a restart of the server does."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        assert await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 12, 1, 4, 5, 6, 789_012, UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
        datetime(2026, 7, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
    ],
    ids=str,
)
async def test_an_instant_goes_to_the_microsecond_and_comes_back_in_utc(database: Database, at: datetime) -> None:
    query = "SELECT $1::timestamptz, ARRAY[$1::timestamptz], $1::timestamptz = $2::text::timestamptz, ROW($1)"
    async with database.connection() as (_, driver):
        found, (in_list,), same, (in_row,) = await driver.fetchrow(query, at, at.isoformat())
        assert await driver.fetchval("SELECT ($1::timestamptz[])[1]", [at]) == at
    assert found == in_list == in_row == at
    assert same
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-8))),
        datetime(2026, 12, 1),  # noqa: DTZ001 - without a zone it is no instant
    ],
    ids=str,
)
async def test_what_could_not_be_read_again_is_not_stored(database: Database, at: datetime) -> None:
    async with database.connection() as (_, driver):
        with pytest.raises(asyncpg.DataError):
            await driver.fetchval("SELECT $1::timestamptz", at)
