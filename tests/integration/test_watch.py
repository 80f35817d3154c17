"""What operators watch of a database: the age of what waits, what was given up, where the calendar ends."""

import math
from datetime import timedelta

import asyncpg
import pytest
from prometheus_client import REGISTRY

from chassis.clock import utc_now
from chassis.deliveries import Deliveries
from chassis.ids import new_id
from chassis.reconciliation.jobs import Reconciler
from chassis.relay import Relay
from chassis.watch import Watch
from services.complaints.complaints.jobs import TIMERS
from tests.make.broker import until_async
from tests.make.exchange import CONSUMER, PRODUCER, Exchange, Noted, note, note_many

GAUGES = (
    "surety_outbox_oldest_seconds",
    "surety_timers_overdue_seconds",
    "surety_dead_letters_waiting",
    "surety_calendar_official_days",
)


async def figures(exchange: Exchange, service: str) -> list[float | None]:
    """The gauges after a look at a service's database."""
    await Watch(exchange.database(service), await exchange.connect(service), ()).look()
    return [REGISTRY.get_sample_value(name) for name in GAUGES]


async def test_the_oldest_entry_that_waits_for_the_broker_has_an_age(exchange: Exchange) -> None:
    await note(exchange.database(PRODUCER), new_id(), 1)
    begun = utc_now()
    await exchange.ask(PRODUCER, "UPDATE journal SET at = $1", begun - timedelta(minutes=10))
    await note(exchange.database(PRODUCER), new_id(), 2)
    waited, *_ = await figures(exchange, PRODUCER)
    assert waited is not None
    assert 600 <= waited <= 600 + (utc_now() - begun).total_seconds()
    await exchange.ask(PRODUCER, "TRUNCATE outbox")
    assert (await figures(exchange, PRODUCER))[0] == 0


async def test_what_is_overdue_given_up_and_soon_without_a_calendar_shows(exchange: Exchange) -> None:
    now = utc_now()
    await exchange.ask(
        CONSUMER,
        "INSERT INTO timer (provider_id, record, clock, step, due_at, failures) VALUES ($1, $1, 'one', 'due', $2, 0)",
        new_id(),
        now - timedelta(hours=1),
    )
    await exchange.ask(
        CONSUMER,
        "INSERT INTO dead_letter (id, producer, sequence, payload, reason, failures, died_at)"
        " VALUES ($1, 'complaints', 1, '', 'unreadable', 1, $2)",
        new_id(),
        now,
    )
    for days, life in ((40, "active"), (20, "active"), (5, "left")):
        through = (now + timedelta(days=days)).date().isoformat()
        state = f'{{"life": "{life}", "calendar": {{"official_through": "{through}"}}}}'
        query = "INSERT INTO provider (id, slug, version, state) VALUES ($1, $2, 1, $3)"
        await exchange.ask(CONSUMER, query, new_id(), f"p{days}", state)
    try:
        _, overdue, letters, calendar = await figures(exchange, CONSUMER)
    finally:
        await exchange.ask(CONSUMER, "TRUNCATE timer, provider")
    assert overdue is not None
    assert 3600 <= overdue <= 3600 + (utc_now() - now).total_seconds()
    assert letters == 1
    assert calendar == 20


def pending() -> float | None:
    return REGISTRY.get_sample_value("surety_events_pending", {"producer": PRODUCER})


async def test_what_a_consumer_has_not_dealt_with_is_pending_whether_it_was_sent_or_not(exchange: Exchange) -> None:
    await note_many(exchange.database(PRODUCER), new_id(), 3)
    relay = await exchange.relay()
    await until_async(lambda: nothing_waits(exchange, relay))
    broker = await exchange.connect(CONSUMER)
    watch = Watch(exchange.database(CONSUMER), broker, [PRODUCER])
    await watch.look()
    assert math.isnan(pending() or 0)  # there is no consumer yet
    deliveries = await Deliveries(broker, PRODUCER, {Noted.TYPE}).fetch(1)
    await watch.look()
    assert (len(deliveries), pending()) == (1, 3)
    await deliveries[0].ack()
    await until_async(lambda: shows(watch, 2))
    exchange.broker.server.kill()
    await watch.look()
    assert math.isnan(pending() or 0)


async def nothing_waits(exchange: Exchange, relay: Relay) -> bool:
    await relay.publish_waiting()
    return await exchange.count(PRODUCER, "outbox") == 0


async def shows(watch: Watch, number: int) -> bool:
    await watch.look()
    return pending() == number


async def test_when_the_figures_were_read_shows_and_stays_when_they_cannot_be(exchange: Exchange) -> None:
    begun = utc_now()
    watch = Watch(exchange.database(CONSUMER), await exchange.connect(CONSUMER), ())
    await watch.look()
    read = REGISTRY.get_sample_value("surety_watched_at_seconds")
    assert read is not None
    assert begun.timestamp() <= read <= utc_now().timestamp()
    await exchange.ask(CONSUMER, "ALTER TABLE timer RENAME TO timer_away")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
            await watch.look()
    finally:
        await exchange.ask(CONSUMER, "ALTER TABLE timer_away RENAME TO timer")
    assert REGISTRY.get_sample_value("surety_watched_at_seconds") == read


async def test_what_counts_faults_shows_before_the_first_one(exchange: Exchange) -> None:
    Reconciler(exchange.database(CONSUMER), await exchange.connect(CONSUMER), {"satisfaction": ()})
    assert REGISTRY.get_sample_value("surety_events_missing_total", {"producer": "satisfaction"}) is not None
    shown = [REGISTRY.get_sample_value("surety_deadlines_missed_total", {"clock": clock}) for clock in TIMERS]
    assert shown
    assert None not in shown
