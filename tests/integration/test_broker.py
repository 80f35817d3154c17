"""The connection to the broker, publishing into streams, and pulling from them, on a real NATS."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from chassis.broker import Broker, BrokerAwayError, Message, stream_of
from chassis.deliveries import Deliveries, Delivery
from chassis.ids import new_id
from tests.make.broker import OwnBroker, until

RECEIVED = "complaints.complaint.received.v1"
CLOSED = "complaints.complaint.closed.v1"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnBroker]:
    """A broker of this test's own."""
    broker = OwnBroker(tmp_path)
    broker.server.start()
    yield broker
    broker.server.stop()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What is to be closed at the end of the test."""
    async with AsyncExitStack() as stack:
        yield stack


def messages(count: int, event_type: str = RECEIVED) -> list[Message]:
    """Messages to publish, each with an id of its own as payload."""
    ids = [new_id() for _ in range(count)]
    return [Message(f"evt.{event_type}", event_id, str(event_id).encode()) for event_id in ids]


def ids_of(delivered: Sequence[Message | Delivery]) -> set[UUID]:
    """The ids that messages carry as payload."""
    return {UUID(one.payload.decode()) for one in delivered}


async def stored(own: OwnBroker, stack: AsyncExitStack, stream: str = "complaints") -> int:
    """How many messages a stream holds."""
    administrator = await own.administrator(stack)
    return (await administrator.jetstream().stream_info(stream)).state.messages


async def publish_when_back(broker: Broker, batch: Sequence[Message]) -> set[UUID]:
    """Publish as the relay does: again, until the broker is there."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await broker.publish_batch(batch)
            except BrokerAwayError:
                await asyncio.sleep(0.05)


async def fetching(deliveries: Deliveries) -> AsyncIterator[Delivery]:
    """Fetch and acknowledge, whatever happens to the broker."""
    while True:
        try:
            batch = await deliveries.fetch(100)
        except BrokerAwayError:
            await asyncio.sleep(0.05)
            continue
        for delivery in batch:
            await delivery.ack()
            yield delivery


async def fetch_all(deliveries: Deliveries, count: int) -> list[Delivery]:
    """Fetch until so many messages came."""
    got: list[Delivery] = []
    async with asyncio.timeout(30):
        async for delivery in fetching(deliveries):
            got.append(delivery)
            if len(got) == count:
                break
    return got


async def fetch_ids(deliveries: Deliveries, count: int) -> set[UUID]:
    """Fetch until so many different messages came."""
    got: set[UUID] = set()
    async with asyncio.timeout(60):
        async for delivery in fetching(deliveries):
            got |= ids_of([delivery])
            if len(got) == count:
                break
    return got


async def test_stream_is_declared_as_designed(own: OwnBroker, stack: AsyncExitStack) -> None:
    broker = await own.connect("complaints", stack)
    await broker.ensure_stream()
    administrator = await own.administrator(stack)
    config = (await administrator.jetstream().stream_info("complaints")).config
    assert config.subjects == ["evt.complaints.>"]
    assert (config.retention, config.storage, config.discard) == ("limits", "file", "new")
    assert (config.max_age, config.duplicate_window) == (604_800, 300)
    assert config.deny_delete
    assert config.deny_purge
    assert config.allow_atomic


async def test_stream_that_was_declared_otherwise_is_brought_in_line(own: OwnBroker, stack: AsyncExitStack) -> None:
    administrator = await own.administrator(stack)
    await administrator.jetstream().add_stream(StreamConfig(name="complaints", subjects=["evt.complaints.>"]))
    broker = await own.connect("complaints", stack)
    batch = messages(3)
    assert await broker.publish_batch(batch) == ids_of(batch)
    assert (await administrator.jetstream().stream_info("complaints")).config.duplicate_window == 300


async def test_full_batch_is_stored_once_even_when_published_twice(own: OwnBroker, stack: AsyncExitStack) -> None:
    broker = await own.connect("complaints", stack)
    batch = messages(1_000)
    assert await broker.publish_batch(batch) == ids_of(batch)
    assert await broker.publish_batch(batch[:20]) == ids_of(batch[:20])
    assert await stored(own, stack) == 1_000


async def test_batch_with_a_known_event_stores_the_others(own: OwnBroker, stack: AsyncExitStack) -> None:
    broker = await own.connect("complaints", stack)
    known, new = messages(1), messages(5)
    await broker.publish_batch(known)
    assert await broker.publish_batch([*new[:2], *known, *new[2:]]) == ids_of([*known, *new])
    assert await stored(own, stack) == 6


async def test_message_that_no_stream_takes_does_not_hold_up_the_others(own: OwnBroker, stack: AsyncExitStack) -> None:
    broker = await own.connect("complaints", stack)
    sound = messages(2)
    large = Message(f"evt.{RECEIVED}", new_id(), b"x" * 1_048_576)
    foreign = Message("evt.risk.signal.noted.v1", new_id(), b"x")
    assert await broker.publish_batch([large, sound[0], foreign, sound[1]]) == ids_of(sound)
    assert broker.degraded is None


async def test_deleted_stream_is_declared_again_by_publishing(own: OwnBroker, stack: AsyncExitStack) -> None:
    broker = await own.connect("complaints", stack)
    await broker.publish_batch(messages(3))
    administrator = await own.administrator(stack)
    await administrator.jetstream().delete_stream("complaints")
    batch = messages(4)
    assert await broker.publish_batch(batch) == ids_of(batch)
    assert await stored(own, stack) == 4


async def test_permission_refused_shows_as_degraded(own: OwnBroker, stack: AsyncExitStack) -> None:
    broker = await own.connect("complaints", stack)
    await broker.connection().publish("evt.risk.signal.noted.v1", b"{}")
    await until(lambda: "permissions violation" in (broker.degraded or "").lower())


async def test_without_a_connection_publishing_fails_at_once_and_degraded_says_so(own: OwnBroker) -> None:
    broker = Broker("complaints", "nats://127.0.0.1:1", own.secrets.read("complaints", "nats_seed"))
    await broker.start()
    try:
        with pytest.raises(BrokerAwayError):
            await broker.publish_batch(messages(1))
        assert broker.degraded == "not connected"
    finally:
        await broker.stop()


async def test_connection_that_ended_for_good_is_made_anew(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    await producer.ensure_stream()
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    fetched = asyncio.create_task(fetch_all(deliveries, 2))
    await _waiting((await own.administrator(stack)).jetstream(), 1)
    for broker in (producer, consumer):
        await broker.connection().close()
    batch = messages(2)
    await publish_when_back(producer, batch)
    assert ids_of(await fetched) == ids_of(batch)


async def test_wrong_seed_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="seed"):
        Broker("complaints", "nats://127.0.0.1:1", "not a seed")


async def test_delivers_what_is_subscribed_and_nothing_else(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    wanted, other = messages(30), messages(7, CLOSED)
    await producer.publish_batch([*other, *wanted])
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    got = await fetch_all(deliveries, 30)
    assert ids_of(got) == ids_of(wanted)
    assert [one.sequence for one in got] == list(range(8, 38))
    assert {one.message_id for one in got} == {str(one.event_id) for one in wanted}


async def test_waiting_fetch_returns_as_soon_as_something_comes(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    await producer.ensure_stream()
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    fetched = asyncio.create_task(fetch_all(deliveries, 1))
    administrator = await own.administrator(stack)
    await _waiting(administrator.jetstream(), 1)
    batch = messages(1)
    await producer.publish_batch(batch)
    assert ids_of(await asyncio.wait_for(fetched, 2)) == ids_of(batch)


async def _waiting(jetstream: JetStreamContext, count: int) -> None:
    """Wait until so many requests wait at the durable of risk."""
    async with asyncio.timeout(10):
        while True:
            try:
                if (await jetstream.consumer_info("complaints", "risk")).num_waiting == count:
                    return
            except NotFoundError:
                await asyncio.sleep(0.01)


async def test_two_replicas_share_the_deliveries(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer = await own.connect("complaints", stack)
    await producer.ensure_stream()
    replicas = [Deliveries(await own.connect("risk", stack), "complaints", {RECEIVED}) for _ in range(2)]
    fetched = [asyncio.create_task(fetch_all(one, 1)) for one in replicas]
    administrator = await own.administrator(stack)
    await _waiting(administrator.jetstream(), 2)
    batch = messages(2)
    for message in batch:
        await producer.publish_batch([message])
    first, second = await asyncio.gather(*fetched)
    assert ids_of(first) | ids_of(second) == ids_of(batch)
    assert not ids_of(first) & ids_of(second)


async def test_nak_brings_a_message_again_and_term_does_not(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    await producer.publish_batch(messages(2))
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    refused: list[Delivery] = []
    async with asyncio.timeout(5):
        while len(refused) < 2:
            refused += await deliveries.fetch(2)
    again, never = refused
    await never.term()
    await again.nak(0.05)
    assert [one.sequence for one in await fetch_all(deliveries, 1)] == [again.sequence]
    await until_settled(own, stack)


async def until_settled(own: OwnBroker, stack: AsyncExitStack) -> None:
    """Wait until nothing of the durable is open."""
    jetstream = (await own.administrator(stack)).jetstream()
    async with asyncio.timeout(5):
        while (info := await jetstream.consumer_info("complaints", "risk")).num_ack_pending or info.num_pending:
            await asyncio.sleep(0.01)


async def test_deleted_consumer_is_declared_again_and_everything_comes(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    first, second = messages(3), messages(3)
    await producer.publish_batch(first)
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    assert ids_of(await fetch_all(deliveries, 3)) == ids_of(first)
    administrator = await own.administrator(stack)
    fetched = asyncio.create_task(fetch_all(deliveries, 6))
    await _waiting(administrator.jetstream(), 1)
    await administrator.jetstream().delete_consumer("complaints", "risk")
    await producer.publish_batch(second)
    assert ids_of(await fetched) == ids_of([*first, *second])


async def test_deleted_stream_is_followed_when_its_producer_declares_it_again(
    own: OwnBroker, stack: AsyncExitStack
) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    await producer.publish_batch(messages(3))
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    await fetch_all(deliveries, 3)
    administrator = await own.administrator(stack)
    await administrator.jetstream().delete_stream("complaints")
    assert await deliveries.fetch(1) == []
    with pytest.raises(BrokerAwayError, match="stream not found"):
        await deliveries.fetch(1)
    batch = messages(2)
    await producer.publish_batch(batch)
    assert ids_of(await fetch_all(deliveries, 2)) == ids_of(batch)


async def test_older_process_does_not_take_subjects_from_a_newer_one(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer = await own.connect("complaints", stack)
    await producer.ensure_stream()
    newer = Deliveries(await own.connect("risk", stack), "complaints", {RECEIVED, CLOSED})
    older = Deliveries(await own.connect("risk", stack), "complaints", {RECEIVED})
    administrator = await own.administrator(stack)
    fetched = []
    for one, waiting in ((newer, 1), (older, 2)):
        fetched.append(asyncio.create_task(fetch_all(one, 1)))
        await _waiting(administrator.jetstream(), waiting)
    config: ConsumerConfig = (await administrator.jetstream().consumer_info("complaints", "risk")).config
    assert config.filter_subjects == [f"evt.{CLOSED}", f"evt.{RECEIVED}"]
    assert (config.ack_policy, config.ack_wait, config.max_deliver) == ("explicit", 30, -1)
    await producer.publish_batch(messages(1))
    await producer.publish_batch(messages(1, CLOSED))
    await asyncio.gather(*fetched)


async def test_killed_server_comes_back_and_nothing_is_missing(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    batches = [messages(200) for _ in range(60)]
    published: set[UUID] = set()

    async def publish_all() -> None:
        for batch in batches:
            published.update(await publish_when_back(producer, batch))

    publishing = asyncio.create_task(publish_all())
    fetched = asyncio.create_task(fetch_ids(Deliveries(consumer, "complaints", {RECEIVED}), 12_000))
    for share in (3_000, 8_000):
        await until(lambda share=share: len(published) >= share)  # type: ignore[misc]
        await asyncio.to_thread(own.server.kill)
        await asyncio.to_thread(own.server.start)
    await publishing
    assert await fetched == ids_of([message for batch in batches for message in batch])
    assert await stored(own, stack) == 12_000


async def test_lost_store_is_declared_anew_after_the_restart(own: OwnBroker, stack: AsyncExitStack) -> None:
    producer, consumer = await own.connect("complaints", stack), await own.connect("risk", stack)
    await producer.publish_batch(messages(3))
    deliveries = Deliveries(consumer, "complaints", {RECEIVED})
    await fetch_all(deliveries, 3)
    await asyncio.to_thread(own.server.kill)
    (own.server.folder / "jetstream").rename(own.server.folder / "gone")
    await asyncio.to_thread(own.server.start)
    batch = messages(5)
    await publish_when_back(producer, batch)
    assert ids_of(await fetch_all(deliveries, 5)) == ids_of(batch)


def test_streams_of_all_services_differ_in_name_and_subjects_only() -> None:
    one, other = stream_of("complaints"), stream_of("risk")
    assert one.evolve(name="risk", subjects=["evt.risk.>"]) == other
