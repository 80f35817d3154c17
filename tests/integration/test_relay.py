"""The relay between a real outbox and a real stream."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any, cast
from uuid import UUID

import orjson
import pytest

from chassis.actors import SYSTEM
from chassis.broker import BrokerAwayError
from chassis.database import Database
from chassis.ids import new_id
from chassis.relay import CLAIM
from chassis.tables import Record
from tests.make.broker import OwnBroker, until_async
from tests.make.exchange import PRODUCER, Exchange, Noted, Stub, Weighed, note, note_many


async def stored(broker: OwnBroker) -> list[dict[str, Any]]:
    """Every message of the producer's stream, in order, as its envelope, with its message id."""
    async with AsyncExitStack() as stack:
        jetstream = (await broker.administrator(stack)).jetstream()
        state = (await jetstream.stream_info(PRODUCER)).state
        found = [await jetstream.get_msg(PRODUCER, seq) for seq in range(state.first_seq, state.last_seq + 1)]
        return [orjson.loads(one.data or b"") | {"message_id": (one.headers or {})["Nats-Msg-Id"]} for one in found]


async def stored_ids(broker: OwnBroker) -> list[UUID]:
    """The ids of the events in the producer's stream, in order."""
    return [UUID(one["id"]) for one in await stored(broker)]


async def test_envelope_is_a_cloud_event_with_our_extensions(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    provider, record, cause, correlation = new_id(), Stub(), new_id(), new_id()
    async with database.work(provider, actor=SYSTEM, correlation=correlation, causation=cause) as work:
        event_id = work.record(cast(Record, record), Noted(number=7))
        now = work.now
    assert await relay.publish_waiting() == 1
    (envelope,) = await stored(exchange.broker)
    trace = envelope.pop("traceparent").split("-")
    assert trace[1] == correlation.hex
    assert envelope == {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "/surety/complaints",
        "type": "complaints.complaint.noted.v1",
        "subject": str(record.id),
        "time": now.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "providerid": str(provider),
        "sequence": "0000000001",
        "correlationid": str(correlation),
        "causationid": str(cause),
        "actor": "system",
        "data": {"number": 7},
        "message_id": str(event_id),
    }


async def test_rolled_back_work_publishes_nothing(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    with pytest.raises(ZeroDivisionError):
        await _fail_after_writing(database)
    assert await relay.publish_waiting() == 0
    kept = await note(database, new_id(), 2)
    assert await relay.publish_waiting() == 1
    assert await stored_ids(exchange.broker) == [kept]


async def _fail_after_writing(database: Database) -> None:
    async with database.work(new_id(), actor=SYSTEM, correlation=new_id()) as work:
        work.record(cast(Record, Stub()), Noted(number=1))
        await work.finish()
        1 / 0  # noqa: B018


async def test_late_commit_with_a_lower_sequence_is_not_lost(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    async with database.work(new_id(), actor=SYSTEM, correlation=new_id()) as work:
        late = work.record(cast(Record, Stub()), Noted(number=1))
        await work.finish()
        work.entries.clear()
        early = await note(database, new_id(), 2)
        assert await relay.publish_waiting() == 1
    assert await relay.publish_waiting() == 1
    assert await stored_ids(exchange.broker) == [early, late]
    numbers = await exchange.ask(PRODUCER, "SELECT data->>'number' FROM journal ORDER BY seq")
    assert [row[0] for row in numbers] == ["1", "2"]


async def test_what_waits_is_published_in_the_order_of_the_journal(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    record, provider = Stub(), new_id()
    ids = [await note(database, provider, number, record) for number in range(30)]
    assert await relay.publish_waiting() == 30
    assert await stored_ids(exchange.broker) == ids
    assert [one["sequence"] for one in await stored(exchange.broker)] == [f"{number:010d}" for number in range(1, 31)]


async def test_two_relays_share_the_outbox_and_publish_each_event_once(exchange: Exchange) -> None:
    database, relays = exchange.database(PRODUCER, "app"), [await exchange.relay() for _ in range(2)]
    exchange.running(*(relay.run() for relay in relays))
    ids = await note_many(database, new_id(), 1_000)
    await until_async(lambda: _outbox_is_empty(exchange))
    published = await stored_ids(exchange.broker)
    assert len(published) == 1_000
    assert set(published) == ids


async def test_relay_passes_over_rows_that_another_one_has_until_that_one_dies(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    held = await note(database, new_id(), 1)
    async with exchange.database(PRODUCER).connection() as (_, driver):
        assert [row["id"] for row in await driver.fetch(CLAIM, 10)] == [held]
        free = await note(database, new_id(), 2)
        assert await relay.publish_waiting() == 1
        await driver.execute("ROLLBACK; BEGIN")
    assert await stored_ids(exchange.broker) == [free]
    assert await relay.publish_waiting() == 1
    assert await stored_ids(exchange.broker) == [free, held]


async def test_commit_wakes_the_relay(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    monkeypatch.setattr("chassis.relay.SHORTEST_PAUSE", 3600.0)
    monkeypatch.setattr("chassis.relay.LONGEST_PAUSE", 3600.0)
    database.on_journal(relay.wake)
    exchange.running(relay.run())
    for number in range(3):
        await note(database, new_id(), number)
        await until_async(lambda: _outbox_is_empty(exchange))
    assert len(await stored_ids(exchange.broker)) == 3


async def test_event_published_before_a_crash_is_published_again_under_the_same_id(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    first = await note(database, new_id(), 1)
    (row,) = await exchange.ask(PRODUCER, "SELECT seq, provider_id FROM outbox")
    await relay.publish_waiting()
    await exchange.ask(PRODUCER, "INSERT INTO outbox (seq, provider_id) VALUES ($1, $2)", *row)
    others = [await note(database, new_id(), number) for number in range(2, 5)]
    assert await relay.publish_waiting() == 4
    assert await stored_ids(exchange.broker) == [first, *others]


async def test_deleted_stream_does_not_stop_the_relay(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    exchange.running(relay.run())
    await note(database, new_id(), 1)
    await until_async(lambda: _outbox_is_empty(exchange))
    async with AsyncExitStack() as stack:
        await (await exchange.broker.administrator(stack)).jetstream().delete_stream(PRODUCER)
    event_id = await note(database, new_id(), 2)
    await until_async(lambda: _outbox_is_empty(exchange))
    assert await stored_ids(exchange.broker) == [event_id]


async def test_event_that_no_stream_takes_stays_and_holds_up_nobody(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    async with database.work(new_id(), actor=SYSTEM, correlation=new_id()) as work:
        work.record(cast(Record, Stub()), Weighed(number=1))
    assert await relay.publish_waiting() == 0
    event_id = await note(database, new_id(), 2)
    assert await relay.publish_waiting() == 1
    assert await stored_ids(exchange.broker) == [event_id]
    (waiting,) = await exchange.ask(PRODUCER, "SELECT type FROM outbox JOIN journal USING (provider_id, seq)")
    assert waiting["type"] == Weighed.TYPE


async def test_stream_that_was_lost_with_its_store_is_declared_without_waiting_for_an_event(exchange: Exchange) -> None:
    exchange.running((await exchange.relay()).run())
    await until_async(lambda: _stream_is_declared(exchange))
    server = exchange.broker.server
    await asyncio.to_thread(server.kill)
    (server.folder / "jetstream").rename(server.folder / "gone")
    await asyncio.to_thread(server.start)
    await until_async(lambda: _stream_is_declared(exchange))


async def _stream_is_declared(exchange: Exchange) -> bool:
    async with AsyncExitStack() as stack:
        jetstream = (await exchange.broker.administrator(stack)).jetstream()
        return PRODUCER in {stream.config.name for stream in await jetstream.streams_info()}


async def test_outage_of_the_broker_keeps_everything_in_the_outbox(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    await asyncio.to_thread(exchange.broker.server.kill)
    ids = await note_many(database, new_id(), 20)
    with pytest.raises(BrokerAwayError):
        await relay.publish_waiting()
    assert await exchange.count(PRODUCER, "outbox") == 20
    exchange.running(relay.run())
    await asyncio.to_thread(exchange.broker.server.start)
    await until_async(lambda: _outbox_is_empty(exchange))
    assert set(await stored_ids(exchange.broker)) == ids


async def test_relay_survives_the_database(exchange: Exchange) -> None:
    database, relay = exchange.database(PRODUCER, "app"), await exchange.relay()
    exchange.running(relay.run())
    await note(database, new_id(), 1)
    await until_async(lambda: _outbox_is_empty(exchange))
    await asyncio.to_thread(exchange.postgres.kill)
    await asyncio.to_thread(exchange.postgres.start)
    await note(exchange.database(PRODUCER, "app"), new_id(), 2)
    await until_async(lambda: _outbox_is_empty(exchange))
    assert len(await stored_ids(exchange.broker)) == 2


async def test_relay_ends_when_cancelled_even_if_a_library_swallows_it(exchange: Exchange) -> None:
    relay, waiting = await exchange.relay(), asyncio.Event()

    async def deaf() -> int:
        waiting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 0

    relay.publish_waiting = deaf  # type: ignore[method-assign]
    running = asyncio.create_task(relay.run())
    await waiting.wait()
    running.cancel()
    await asyncio.wait([running], timeout=5)
    assert running.done()


async def _outbox_is_empty(exchange: Exchange) -> bool:
    return await exchange.count(PRODUCER, "outbox") == 0
