"""What the broker has lost reaches the consumer all the same, once, and nothing goes out again that was not lost."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import pytest

from chassis.actors import SYSTEM
from chassis.broker import Broker
from chassis.clock import utc_now
from chassis.consumers import Consumers
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.ids import new_id
from chassis.jobs import Timers
from chassis.reactions import reacts_to
from chassis.rebuild import Rebuild
from chassis.reconciliation.answers import Answers
from chassis.reconciliation.jobs import Reconciler
from chassis.relay import Relay
from chassis.tables import Record
from tests.make.broker import until_async
from tests.make.exchange import CONSUMER, PRODUCER, Exchange, Noted, Stub, Weighed, note, note_many, take_effect
from tests.make.house import House

LATER = timedelta(minutes=2)


@reacts_to(Noted)
async def weigh(work: UnitOfWork, received: Received[Noted]) -> None:
    """The reaction of these tests: one row."""
    await take_effect(work, received.id, received.data.number)


def later() -> datetime:
    """Two minutes from now, when what is written now has settled."""
    return utc_now() + LATER


class Pair:
    """Producer and consumer as their workers are, with clocks that are two minutes fast where it matters."""

    def __init__(self, exchange: Exchange, producer: Broker, consumer: Broker) -> None:
        self.exchange, self.producer, self.consumer = exchange, producer, consumer
        self.writer = exchange.database(PRODUCER, "app")
        self.relay = Relay(exchange.database(PRODUCER), producer)
        self.rebuild = Rebuild(self.at(PRODUCER), self.relay.wake)
        producer.on_declared(self.rebuild.note)
        self.answers = Answers(self.at(PRODUCER, later), producer, [Noted.TYPE], self.relay.wake)
        self.reconciler = Reconciler(self.at(CONSUMER, later), consumer, {PRODUCER: [Noted.TYPE]})
        self.consumers = Consumers(exchange.database(CONSUMER), consumer, [weigh], self.reconciler.wish)

    def at(self, service: str, clock: Callable[[], datetime] = utc_now) -> Database:
        """A worker's connections with a clock."""
        database = self.exchange.database(service)
        database.clock = clock
        return database

    async def compare(self) -> dict[str, Any]:
        """Wish for a comparison and make it; what it found."""
        await self.reconciler.wish(PRODUCER)
        assert await self.reconciler.compare_due()
        return await self.found()

    async def found(self) -> dict[str, Any]:
        """What the last comparison has left."""
        (row,) = await self.exchange.ask(CONSUMER, "SELECT * FROM reconciliation")
        return dict(row)

    async def effects(self) -> list[UUID]:
        """The events that took effect, once for each time."""
        return [row["event_id"] for row in await self.exchange.ask(CONSUMER, "SELECT event_id FROM effect")]

    async def take(self, ids: set[UUID]) -> None:
        """Wait until these have taken effect, each once, and nothing is open."""

        async def taken() -> bool:
            found = await self.effects()
            assert len(found) == len(set(found))
            return set(found) == ids

        await until_async(taken, 60)

    async def lose(self, number: int = 1) -> UUID:
        """An event that looks published and never was."""
        async with self.writer.work(new_id(), actor=SYSTEM, correlation=new_id()) as work:
            event_id = work.record(cast(Record, Stub()), Noted(number=number))
            await work.finish()
            work.entries.clear()
            await work.driver.execute(LOSE, event_id)
        return event_id


LOSE = "DELETE FROM outbox WHERE seq = (SELECT seq FROM journal WHERE id = $1)"


@pytest.fixture
async def pair(exchange: Exchange) -> Pair:
    """Producer and consumer, not running; the relay is not either, so that tests can lose what it would publish."""
    brokers = [Broker(one, exchange.broker.server.url, exchange.broker.secrets.read(one, "nats_seed")) for one in BOTH]
    pair = Pair(exchange, *brokers)
    for broker in brokers:
        await broker.start()
        exchange.stack.push_async_callback(broker.stop)
    await until_async(lambda: _connected(brokers))
    await pair.producer.ensure_stream()
    return pair


BOTH = (PRODUCER, CONSUMER)


async def _connected(brokers: list[Broker]) -> bool:
    return all(broker.degraded is None for broker in brokers)


async def run(pair: Pair) -> None:
    """Relay, rebuilding and consumers at work."""
    pair.exchange.running(pair.relay.run(), pair.rebuild.run(), pair.consumers.run())


async def sequences(pair: Pair) -> int:
    """How many messages the stream has ever taken."""
    async with AsyncExitStack() as stack:
        jetstream = (await pair.exchange.broker.administrator(stack)).jetstream()
        return int((await jetstream.stream_info(PRODUCER)).state.last_seq)


async def test_when_all_is_well_nothing_goes_out_again(pair: Pair) -> None:
    await run(pair)
    ids = await note_many(pair.writer, new_id(), 40)
    await pair.take(ids)
    found = await pair.compare()
    assert (found["fault"], found["differing"], found["missing"], found["replayed"]) == (None, 0, 0, 0)
    assert found["hours"] >= 1
    assert await sequences(pair) == 40
    (row,) = await pair.exchange.ask(CONSUMER, "SELECT * FROM reconciled")
    assert row["type"] == Noted.TYPE
    assert row["through"] > utc_now()


async def test_one_lost_event_is_found_and_takes_effect(pair: Pair) -> None:
    await run(pair)
    ids = await note_many(pair.writer, new_id(), 20)
    await pair.take(ids)
    lost = {await pair.lose(), await pair.lose()}
    found = await pair.compare()
    assert (found["differing"], found["missing"], found["replayed"]) == (1, 2, 2)
    await pair.take(ids | lost)
    assert await sequences(pair) == 22
    again = await pair.compare()
    assert (again["differing"], again["missing"]) == (0, 0)


async def test_what_was_found_missing_is_looked_for_again_when_the_broker_has_forgotten_it(pair: Pair) -> None:
    await run(pair)
    await pair.take({await note(pair.writer, new_id(), 1)})
    await pair.lose()
    found = await pair.compare()
    assert timedelta(minutes=5) < found["due_at"] - found["finished_at"] <= timedelta(minutes=6)
    assert await pair.exchange.count(CONSUMER, "reconciled") == 0


async def test_first_comparison_of_a_type_covers_the_whole_journal(pair: Pair) -> None:
    old = await pair.lose()
    await pair.exchange.ask(PRODUCER, "UPDATE journal SET at = at - interval '400 days'")
    await run(pair)
    await pair.take(set())
    await until_async(lambda: _durable(pair))
    found = await pair.compare()
    assert found["missing"] == 1
    await pair.take({old})


async def _durable(pair: Pair) -> bool:
    async with AsyncExitStack() as stack:
        jetstream = (await pair.exchange.broker.administrator(stack)).jetstream()
        return CONSUMER in {one.name for one in await jetstream.consumers_info(PRODUCER)}


async def test_old_event_of_a_complete_type_does_not_happen_again_for_somebody_else_s_sake(pair: Pair) -> None:
    await run(pair)
    event_id = await note(pair.writer, new_id(), 1)
    await pair.take({event_id})
    await pair.compare()
    for service in BOTH:
        table = {PRODUCER: "journal", CONSUMER: "inbox"}[service]
        await pair.exchange.ask(service, f"UPDATE {table} SET at = at - interval '40 days'")
    await pair.exchange.ask(CONSUMER, "UPDATE inbox SET handled_at = at")
    await pair.exchange.ask(CONSUMER, "UPDATE timer SET due_at = now()")
    timers = Timers(pair.exchange.database(CONSUMER), {})
    await timers._arm()
    await pair.exchange.ask(CONSUMER, "UPDATE timer SET due_at = now()")
    assert await timers.fire_due() >= 1
    assert await pair.exchange.count(CONSUMER, "inbox") == 0
    await pair.exchange.ask(PRODUCER, "INSERT INTO outbox SELECT seq, provider_id FROM journal")
    last = await note(pair.writer, new_id(), 2)
    await pair.take({event_id, last})


async def test_inbox_forgets_nothing_that_could_look_missing(pair: Pair) -> None:
    await run(pair)
    await pair.take({await note(pair.writer, new_id(), 1)})
    await pair.exchange.ask(
        CONSUMER, "UPDATE inbox SET at = at - interval '40 days', handled_at = now() - interval '40 days'"
    )
    timers = Timers(pair.exchange.database(CONSUMER), {})
    await timers._arm()
    await pair.exchange.ask(CONSUMER, "UPDATE timer SET due_at = now()")
    assert await timers.fire_due() >= 1
    assert await pair.exchange.count(CONSUMER, "inbox") == 1


async def test_dead_letter_is_not_missing(pair: Pair) -> None:
    await run(pair)
    await pair.take({await note(pair.writer, new_id(), 1)})
    dead = await pair.lose()
    await pair.exchange.ask(
        CONSUMER,
        "INSERT INTO dead_letter (id, event_id, producer, sequence, payload, reason, failures, died_at)"
        " VALUES ($1, $1, 'complaints', 2, '{}', 'unreadable', 1, now())",
        dead,
    )
    found = await pair.compare()
    assert (found["differing"], found["missing"], found["replayed"]) == (1, 0, 0)


async def test_event_handled_before_the_inbox_knew_types_is_not_missing(pair: Pair) -> None:
    await run(pair)
    await pair.take({await note(pair.writer, new_id(), 1)})
    await pair.exchange.ask(CONSUMER, "UPDATE inbox SET type = NULL, at = NULL")
    found = await pair.compare()
    assert (found["missing"], found["replayed"]) == (0, 0)


async def test_what_waits_in_the_outbox_is_not_missing_and_nothing_is_complete_beyond_it(pair: Pair) -> None:
    consuming = asyncio.create_task(pair.consumers.run())
    await until_async(lambda: _durable(pair))
    waiting = await note(pair.writer, new_id(), 1)
    found = await pair.compare()
    assert (found["fault"], found["hours"], found["missing"]) == (None, 0, 0)
    (row,) = await pair.exchange.ask(CONSUMER, "SELECT through FROM reconciled")
    (entry,) = await pair.exchange.ask(PRODUCER, "SELECT at FROM journal")
    assert row["through"] < entry["at"]
    consuming.cancel()
    await run(pair)
    await pair.take({waiting})


async def test_while_the_stream_has_something_for_us_nothing_is_asked_for(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.reconciliation.comparison.PATIENCE_SECONDS", 0.1)
    consuming = asyncio.create_task(pair.consumers.run())
    await until_async(lambda: _durable(pair))
    consuming.cancel()
    await asyncio.gather(consuming, return_exceptions=True)
    in_the_stream = await note(pair.writer, new_id(), 1)
    assert await pair.relay.publish_waiting() == 1
    lost = await pair.lose()
    found = await pair.compare()
    assert (found["finished_at"], found["failures"], found["leased_until"]) == (None, 0, None)
    assert timedelta(seconds=20) < found["due_at"] - later() <= timedelta(seconds=30)
    assert await sequences(pair) == 1
    assert await pair.exchange.count(PRODUCER, "outbox") == 0
    await run(pair)
    await pair.take({in_the_stream})
    await pair.compare()
    await pair.take({in_the_stream, lost})


async def test_long_history_comes_in_pages(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.reconciliation.queries.ENTRIES_PAGE", 7)
    monkeypatch.setattr("chassis.reconciliation.answers.IDS_PAGE", 5)
    monkeypatch.setattr("chassis.reconciliation.comparison.IDS_PAGE", 5)
    monkeypatch.setattr("chassis.reconciliation.comparison.REPLAY_PAGE", 2)
    lost = {await pair.lose(number) for number in range(40)}
    days = "UPDATE journal SET at = at - (8 + seq % 50) * interval '1 day' + seq * interval '1 millisecond'"
    await pair.exchange.ask(PRODUCER, days)
    await run(pair)
    await until_async(lambda: _durable(pair))
    found = await pair.compare()
    assert (found["missing"], found["replayed"]) == (40, 40)
    await pair.take(lost)
    assert (await pair.compare())["differing"] == 0


async def test_operator_has_a_running_service_compare_and_sees_what_came_of_it(house: House) -> None:
    path = "/v1/services/risk/reconciliations"
    async with house.client("risk", None, "operator") as operator:

        async def last() -> dict[str, Any]:
            items = (await operator.get(path)).json()["items"]  # none before the worker has begun
            return next((dict(one) for one in items if one["producer"] == "complaints"), {"finished_at": None})

        async def compared() -> bool:
            return (await last())["finished_at"] is not None

        await until_async(compared, 60)
        before = (await last())["finished_at"]
        answer = await operator.post(path)
        assert answer.status_code == 202

        async def again() -> bool:
            return bool((await last())["finished_at"] > before)

        await until_async(again, 60)
        assert (await last())["fault"] is None


@pytest.mark.parametrize("type_", [Weighed.TYPE, "complaints.complaint.unheard.v1"])
async def test_foreign_and_unknown_types_are_refused(pair: Pair, type_: str) -> None:
    at = datetime.now(UTC).isoformat()
    asked = {"types": [Noted.TYPE, type_], "since": at, "until": at, "ids": [str(new_id())]}
    for verb in ("digest", "replay"):
        answer = await pair.consumer.ask(PRODUCER, verb, orjson.dumps(asked), 5)
        assert orjson.loads(answer) == {"refused": "foreign type"}
    assert orjson.loads(await pair.consumer.ask(PRODUCER, "digest", b"what", 5)) == {"refused": "unreadable"}
    too_many = asked | {"types": [Noted.TYPE], "ids": [str(new_id())] * 1_001}
    assert orjson.loads(await pair.consumer.ask(PRODUCER, "replay", orjson.dumps(too_many), 5)) == {
        "refused": "unreadable"
    }


async def test_producer_that_is_down_is_tried_again_and_shows(pair: Pair) -> None:
    await run(pair)
    await until_async(lambda: _durable(pair))
    await pair.producer.stop()
    for _ in range(3):
        await pair.compare()
    found = await pair.found()
    assert (found["failures"], found["finished_at"], found["leased_until"]) == (3, None, None)
    wait = found["due_at"] - later()
    assert timedelta(seconds=15) < wait <= timedelta(seconds=20)
    assert not await pair.reconciler.compare_due()
    assert (pair.reconciler.fault() or "").startswith("complaints: ")


async def test_two_replicas_compare_once(pair: Pair) -> None:
    await run(pair)
    await pair.take({await note(pair.writer, new_id(), 1)})
    second = Reconciler(pair.at(CONSUMER, later), pair.consumer, {PRODUCER: [Noted.TYPE]})
    await second.wish(PRODUCER)
    assert sorted(await asyncio.gather(pair.reconciler.compare_due(), second.compare_due())) == [False, True]


async def test_comparison_of_a_process_that_died_is_taken_up(pair: Pair) -> None:
    await run(pair)
    await pair.take({await note(pair.writer, new_id(), 1)})
    await pair.reconciler.wish(PRODUCER)
    leased = "UPDATE reconciliation SET leased_until = $1"
    await pair.exchange.ask(CONSUMER, leased, later() + timedelta(minutes=1))
    assert not await pair.reconciler.compare_due()
    await pair.exchange.ask(CONSUMER, leased, utc_now())
    assert await pair.reconciler.compare_due()
    assert (await pair.found())["fault"] is None


async def test_deleted_consumer_brings_a_comparison(pair: Pair) -> None:
    await run(pair)
    ids = {await note(pair.writer, new_id(), 1)}
    await pair.take(ids)
    found = await pair.compare()
    assert not await pair.reconciler.compare_due()
    lost = await pair.lose()
    async with AsyncExitStack() as stack:
        await (await pair.exchange.broker.administrator(stack)).jetstream().delete_consumer(PRODUCER, CONSUMER)
    await until_async(lambda: _due_before(pair, found["due_at"]), 40)
    pair.exchange.running(pair.reconciler.run())
    await pair.take(ids | {lost})


async def _due_before(pair: Pair, due: datetime) -> bool:
    return bool((await pair.found())["due_at"] < due)


async def wipe(pair: Pair) -> None:
    """Take the broker's store away under it, and start it again, as after a crash."""
    server = pair.exchange.broker.server
    (server.folder / "jetstream").rename(server.folder / "gone")
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def test_wiped_store_is_filled_from_the_journal_and_every_reaction_happens_once(pair: Pair) -> None:
    relaying, consuming = asyncio.create_task(pair.relay.run()), asyncio.create_task(pair.consumers.run())
    before = await note_many(pair.writer, new_id(), 20)
    await pair.take(before)
    consuming.cancel()
    await asyncio.gather(consuming, return_exceptions=True)
    ids = await note_many(pair.writer, new_id(), 1_500)
    await until_async(lambda: _outbox_is_empty(pair))  # published, acknowledged, and read by nobody
    await wipe(pair)
    await run(pair)
    await pair.take(before | ids)
    assert await sequences(pair) == 1_520
    found = await pair.compare()
    assert (found["fault"], found["missing"]) == (None, 0)
    relaying.cancel()


async def _outbox_is_empty(pair: Pair) -> bool:
    return await pair.exchange.count(PRODUCER, "outbox") == 0


async def test_two_replicas_of_a_producer_rebuild_once(pair: Pair) -> None:
    ids = await note_many(pair.writer, new_id(), 300)
    await pair.exchange.ask(PRODUCER, "TRUNCATE outbox, rebuilding")
    async with AsyncExitStack() as stack:
        await (await pair.exchange.broker.administrator(stack)).jetstream().delete_stream(PRODUCER)
    second = await pair.exchange.connect(PRODUCER)
    rebuilds = [pair.rebuild, Rebuild(pair.at(PRODUCER), pair.relay.wake)]
    second.on_declared(rebuilds[1].note)
    pair.producer._stream_declared = False
    await asyncio.gather(pair.producer.ensure_stream(), second.ensure_stream())
    put = await asyncio.gather(*(one.put_back() for one in rebuilds))
    assert sum(put) == 300
    assert await pair.exchange.count(PRODUCER, "rebuilding") == 1
    await run(pair)
    await pair.take(ids)
    assert sum([await one.put_back() for one in rebuilds]) == 0


async def test_entries_that_are_older_than_the_stream_keeps_or_wait_anyway_are_not_put_back(pair: Pair) -> None:
    await note(pair.writer, new_id(), 1)
    await pair.exchange.ask(PRODUCER, "UPDATE journal SET at = at - interval '8 days'")
    young = await note(pair.writer, new_id(), 2)
    await pair.exchange.ask(PRODUCER, "TRUNCATE outbox")
    waiting = await note(pair.writer, new_id(), 3)
    await pair.exchange.ask(PRODUCER, "UPDATE rebuilding SET after = now() - interval '7 days', through = now()")
    assert await pair.rebuild.put_back() == 1
    rows = await pair.exchange.ask(PRODUCER, "SELECT id FROM outbox JOIN journal USING (provider_id, seq)")
    assert {row["id"] for row in rows} == {young, waiting}
