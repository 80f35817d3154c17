"""From an event in a real stream to its effect in another service's database: once, whatever happens."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, cast
from uuid import UUID

import asyncpg
import orjson
import pytest

from chassis import errors
from chassis.broker import Message, subject_of
from chassis.clock import utc_now
from chassis.consumers import Consumers
from chassis.db import UnitOfWork
from chassis.dead_letters import requeue
from chassis.envelopes import Received
from chassis.ids import new_id
from chassis.reactions import Reaction, Reactor, reacts_to
from chassis.tables import Record
from tests.make.broker import until_async
from tests.make.exchange import (
    CONSUMER,
    PRODUCER,
    Exchange,
    Noted,
    Stub,
    Weighed,
    note,
    note_many,
    reaction,
    take_effect,
)


@reacts_to(Noted)
async def weigh(work: UnitOfWork, received: Received[Noted]) -> None:
    """The reaction of these tests: one row."""
    await take_effect(work, received.id, received.data.number)


class Faulty:
    """A reaction that fails for one number, after its effect, until it is mended."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tries = 0
        self.mended = False

    async def handle(self, work: UnitOfWork, received: Received[Noted]) -> None:
        """Take effect, then fail."""
        await take_effect(work, received.id, received.data.number)
        if received.data.number == self.number and not self.mended:
            self.tries += 1
            raise RuntimeError("the words of a person")


async def consumers(exchange: Exchange, *reactions: Reaction) -> Consumers:
    """Consumers of the consuming service, not running."""
    return Consumers(exchange.database(CONSUMER), await exchange.connect(CONSUMER), reactions)


async def running_pair(exchange: Exchange, *reactions: Reaction) -> None:
    """A relay and consumers at work."""
    exchange.running((await exchange.relay()).run(), (await consumers(exchange, *reactions)).run())


async def effects(exchange: Exchange) -> list[UUID]:
    """The events that took effect, once for each time."""
    return [row["event_id"] for row in await exchange.ask(CONSUMER, "SELECT event_id FROM effect ORDER BY number")]


async def effects_are(exchange: Exchange, ids: set[UUID]) -> bool:
    """Whether the events have taken effect, each once."""
    found = await effects(exchange)
    assert len(found) == len(set(found))
    return set(found) == ids


async def letters(exchange: Exchange) -> list[asyncpg.Record]:
    """The dead letters of the consuming service."""
    return await exchange.ask(CONSUMER, "SELECT * FROM dead_letter")


async def settled(exchange: Exchange) -> None:
    """Wait until the consumer has nothing open at the broker."""
    async with AsyncExitStack() as stack:
        jetstream = (await exchange.broker.administrator(stack)).jetstream()

        async def quiet() -> bool:
            info = await jetstream.consumer_info(PRODUCER, CONSUMER)
            return not info.num_ack_pending and not info.num_pending

        await until_async(quiet, 30)


async def raw(exchange: Exchange, payload: bytes, event_id: UUID | None = None) -> None:
    """Publish something in the producer's name past its outbox."""
    producer = await exchange.connect(PRODUCER)
    await producer.publish_batch([Message(subject_of(Noted.TYPE), event_id or new_id(), payload)])


async def test_event_takes_effect_once_and_carries_its_facts(exchange: Exchange) -> None:
    seen: list[Received[Noted]] = []

    async def keep(work: UnitOfWork, received: Received[Noted]) -> None:
        seen.append(received)
        work.record(cast(Record, Stub()), Weighed(number=received.data.number))

    await running_pair(exchange, weigh, reaction(keep))
    provider, record = new_id(), Stub()
    event_id = await note(exchange.database(PRODUCER, "app"), provider, 7, record)
    await until_async(lambda: effects_are(exchange, {event_id}))
    (received,) = seen
    (entry,) = await exchange.ask(PRODUCER, "SELECT * FROM journal")
    assert (received.id, received.provider_id, received.subject) == (event_id, provider, record.id)
    assert (received.version, received.time, received.actor) == (1, entry["at"], "system")
    assert received.data == Noted(number=7)
    (caused,) = await exchange.ask(CONSUMER, "SELECT * FROM journal")
    assert (caused["type"], caused["provider_id"]) == (Weighed.TYPE, provider)
    assert (caused["causation"], caused["correlation"]) == (event_id, entry["correlation"])


async def test_several_reactions_to_an_event_happen_together_or_not_at_all(exchange: Exchange) -> None:
    faulty = Faulty(1)
    reactor = Reactor(exchange.database(CONSUMER), (weigh, reaction(faulty.handle)))
    event = _received(1)
    with pytest.raises(RuntimeError):
        await reactor.react(event)
    assert await effects(exchange) == []
    assert await exchange.count(CONSUMER, "inbox") == 0
    faulty.mended = True
    assert await reactor.react(event)
    assert await effects(exchange) == [event.id, event.id]


def _received(number: int, provider_id: UUID | None = None) -> Received[Noted]:
    return Received(
        id=new_id(),
        type=Noted.TYPE,
        provider_id=provider_id or new_id(),
        subject=new_id(),
        version=1,
        time=utc_now(),
        correlation=new_id(),
        causation=None,
        actor=None,
        data=Noted(number=number),
    )


async def test_event_delivered_twice_takes_effect_once(exchange: Exchange) -> None:
    await running_pair(exchange, weigh)
    event_id = await note(exchange.database(PRODUCER, "app"), new_id(), 1)
    await until_async(lambda: effects_are(exchange, {event_id}))
    await settled(exchange)
    async with AsyncExitStack() as stack:
        jetstream = (await exchange.broker.administrator(stack)).jetstream()
        payload = (await jetstream.get_msg(PRODUCER, 1)).data or b""
        await raw(exchange, payload)  # under another message id, so that the broker takes it for new
        await jetstream.delete_consumer(PRODUCER, CONSUMER)
    last = await note(exchange.database(PRODUCER, "app"), new_id(), 2)
    await until_async(lambda: effects_are(exchange, {event_id, last}))
    await settled(exchange)
    assert await effects(exchange) == [event_id, last]


async def test_same_event_at_two_replicas_at_once_takes_effect_once(exchange: Exchange) -> None:
    reactors = [Reactor(exchange.database(CONSUMER), (weigh,)) for _ in range(2)]
    event = _received(1)
    outcomes = await asyncio.gather(*(reactor.react(event) for reactor in reactors))
    assert sorted(outcomes) == [False, True]
    assert await effects(exchange) == [event.id]


async def test_reaction_sees_and_writes_its_own_provider_only(exchange: Exchange) -> None:
    mine, foreign = new_id(), new_id()
    rows: list[int] = []

    async def look(work: UnitOfWork, received: Received[Noted]) -> None:
        rows.append(await work.driver.fetchval("SELECT count(*) FROM effect"))
        assert await work.driver.execute("UPDATE effect SET number = 0") == f"UPDATE {rows[-1]}"

    async def trespass(work: UnitOfWork, received: Received[Noted]) -> None:
        await work.driver.execute(
            "INSERT INTO effect (provider_id, id, event_id, number, at) VALUES ($1, $2, $2, 1, now())",
            foreign,
            new_id(),
        )

    await Reactor(exchange.database(CONSUMER), (weigh,)).react(_received(1, foreign))
    await Reactor(exchange.database(CONSUMER), (weigh, reaction(look))).react(_received(2, mine))
    assert rows == [1]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await Reactor(exchange.database(CONSUMER), (reaction(trespass),)).react(_received(3, mine))


async def test_poison_becomes_a_dead_letter_after_eight_failures_and_holds_up_nobody(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.consumers.RETRY_SECONDS", (0.02,) * 7)
    faulty = Faulty(13)
    await running_pair(exchange, reaction(faulty.handle))
    database = exchange.database(PRODUCER, "app")
    ids = {number: await note(database, new_id(), number) for number in range(10, 30)}
    await until_async(lambda: effects_are(exchange, {ids[number] for number in ids if number != 13}))
    await until_async(lambda: _has(exchange, "dead_letter", 1))
    await settled(exchange)
    assert faulty.tries == 8
    (letter,) = await letters(exchange)
    assert (letter["event_id"], letter["producer"], letter["sequence"]) == (ids[13], PRODUCER, 4)
    assert letter["failures"] == 8
    assert orjson.loads(letter["payload"])["id"] == str(ids[13])
    assert letter["reason"].startswith("RuntimeError in handle (test_consumers.py:")
    assert await exchange.count(CONSUMER, "delivery_failure") == 0
    assert ids[13] not in await effects(exchange)


async def _has(exchange: Exchange, table: str, count: int) -> bool:
    return await exchange.count(CONSUMER, table) == count


async def test_failures_are_forgotten_when_a_reaction_succeeds(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.consumers.RETRY_SECONDS", (0.05,) * 7)
    faulty = Faulty(1)
    await running_pair(exchange, reaction(faulty.handle))
    event_id = await note(exchange.database(PRODUCER, "app"), new_id(), 1)
    await until_async(lambda: _has(exchange, "delivery_failure", 1))
    faulty.mended = True
    await until_async(lambda: effects_are(exchange, {event_id}))
    assert await exchange.count(CONSUMER, "delivery_failure") == 0
    assert await exchange.count(CONSUMER, "dead_letter") == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, "unreadable: message: json_invalid"),
        ({"id": "seven"}, "unreadable: id: uuid_parsing"),
        ({"data": {"number": "a person's words"}}, "unreadable: number: int_parsing"),
    ],
)
async def test_unreadable_message_is_a_dead_letter_at_once(
    exchange: Exchange, change: dict[str, Any] | None, reason: str
) -> None:
    await running_pair(exchange, weigh)
    database = exchange.database(PRODUCER, "app")
    first = await note(database, new_id(), 1)
    await until_async(lambda: effects_are(exchange, {first}))
    async with AsyncExitStack() as stack:
        jetstream = (await exchange.broker.administrator(stack)).jetstream()
        envelope = orjson.loads((await jetstream.get_msg(PRODUCER, 1)).data or b"")
    event_id = new_id()
    await raw(exchange, b"no envelope" if change is None else orjson.dumps(envelope | change), event_id)
    await until_async(lambda: _has(exchange, "dead_letter", 1))
    (letter,) = await letters(exchange)
    assert (letter["event_id"], letter["failures"], letter["reason"]) == (event_id, 1, reason)
    last = await note(database, new_id(), 2)
    await until_async(lambda: effects_are(exchange, {first, last}))


async def test_type_of_another_producer_is_not_believed(exchange: Exchange) -> None:
    producer = await exchange.connect("projects")
    await producer.ensure_stream()
    both = Consumers(
        exchange.database(CONSUMER), await exchange.connect(CONSUMER), (weigh, Reaction((_Foreign,), weigh.handle))
    )
    exchange.running((await exchange.relay()).run(), both.run())
    event_id = await note(exchange.database(PRODUCER, "app"), new_id(), 1)
    await until_async(lambda: effects_are(exchange, {event_id}))
    async with AsyncExitStack() as stack:
        jetstream = (await exchange.broker.administrator(stack)).jetstream()
        envelope = orjson.loads((await jetstream.get_msg(PRODUCER, 1)).data or b"")
        envelope["id"] = str(new_id())
        await producer.publish_batch([Message(subject_of(_Foreign.TYPE), new_id(), orjson.dumps(envelope))])

        async def dealt_with() -> bool:
            info = await jetstream.consumer_info("projects", CONSUMER)
            return bool(info.ack_floor and info.ack_floor.stream_seq == 1)

        await until_async(dealt_with)
    assert await effects(exchange) == [event_id]


class _Foreign(Noted):
    TYPE = "projects.project.noted.v1"


async def test_requeued_letter_takes_effect_and_is_gone(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.consumers.RETRY_SECONDS", ())
    faulty = Faulty(1)
    await running_pair(exchange, reaction(faulty.handle))
    event_id = await note(exchange.database(PRODUCER, "app"), new_id(), 1)
    await until_async(lambda: _has(exchange, "dead_letter", 1))
    database = exchange.database(CONSUMER, "app")
    reactor = Reactor(database, (reaction(faulty.handle),))
    (letter,) = await letters(exchange)
    reason = await requeue(database, reactor, letter["id"])
    assert reason is not None
    assert "RuntimeError" in reason
    (letter,) = await letters(exchange)
    assert letter["failures"] == 2
    faulty.mended = True
    assert await requeue(database, reactor, letter["id"]) is None
    assert await effects(exchange) == [event_id]
    assert await letters(exchange) == []
    with pytest.raises(errors.Problem) as refusal:
        await requeue(database, reactor, letter["id"])
    assert refusal.value.kind is errors.NOT_FOUND


async def test_killed_broker_loses_nothing_and_doubles_nothing(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.deliveries.ACK_SECONDS", 2)  # what a dying broker had handed out comes after this
    for _ in range(2):
        await running_pair(exchange, weigh)
    database = exchange.database(PRODUCER, "app")
    writing = asyncio.create_task(note_many(database, new_id(), 3_000))
    for share in (500, 1_500):
        await until_async(lambda share=share: _effects_reach(exchange, share), 60)  # type: ignore[misc]
        await asyncio.to_thread(exchange.broker.server.kill)
        await asyncio.to_thread(exchange.broker.server.start)
    ids = await writing
    await until_async(lambda: effects_are(exchange, ids), 60)


async def _effects_reach(exchange: Exchange, count: int) -> bool:
    return await exchange.count(CONSUMER, "effect") >= count


async def test_killed_database_is_an_outage_and_no_failure(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.consumers.RETRY_SECONDS", ())
    await running_pair(exchange, weigh)
    first = await note_many(exchange.database(PRODUCER, "app"), new_id(), 300)
    await asyncio.to_thread(exchange.postgres.kill)
    await asyncio.to_thread(exchange.postgres.start)
    second = await note_many(exchange.database(PRODUCER, "app"), new_id(), 100)
    await until_async(lambda: effects_are(exchange, first | second), 60)
    assert await exchange.count(CONSUMER, "dead_letter") == 0


@pytest.mark.parametrize("away", [ConnectionRefusedError, asyncpg.CannotConnectNowError, asyncpg.LockNotAvailableError])
async def test_outage_within_a_reaction_is_waited_out_and_not_counted(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, away: type[Exception]
) -> None:
    monkeypatch.setattr("chassis.consumers.RETRY_SECONDS", ())
    monkeypatch.setattr("chassis.consumers.AWAY_SECONDS", 0.02)
    tries: list[UUID] = []

    async def reach(work: UnitOfWork, received: Received[Noted]) -> None:
        tries.append(received.id)
        if len(tries) < 4:
            raise away

    await running_pair(exchange, weigh, reaction(reach))
    event_id = await note(exchange.database(PRODUCER, "app"), new_id(), 1)
    await until_async(lambda: effects_are(exchange, {event_id}))
    assert tries == [event_id] * 4
    assert await exchange.count(CONSUMER, "delivery_failure") == await exchange.count(CONSUMER, "dead_letter") == 0


async def test_deleted_stream_and_consumer_come_back_and_events_go_on(exchange: Exchange) -> None:
    await running_pair(exchange, weigh)
    database = exchange.database(PRODUCER, "app")
    ids = {await note(database, new_id(), 1)}
    await until_async(lambda: effects_are(exchange, ids))
    async with AsyncExitStack() as stack:
        jetstream = (await exchange.broker.administrator(stack)).jetstream()
        await jetstream.delete_consumer(PRODUCER, CONSUMER)
        ids.add(await note(database, new_id(), 2))
        await until_async(lambda: effects_are(exchange, ids))
        await jetstream.delete_stream(PRODUCER)
    ids.add(await note(database, new_id(), 3))
    await until_async(lambda: effects_are(exchange, ids))


async def test_consumer_without_reactions_has_nothing_to_do(exchange: Exchange) -> None:
    await asyncio.wait_for((await consumers(exchange)).run(), 1)
