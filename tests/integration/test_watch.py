"""What operators watch of a database: the age of what waits, what was given up, where the calendar ends."""

from datetime import timedelta

from prometheus_client import REGISTRY

from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.watch import Watch
from tests.make.exchange import CONSUMER, PRODUCER, Exchange, note

GAUGES = (
    "surety_outbox_oldest_seconds",
    "surety_timers_overdue_seconds",
    "surety_dead_letters_waiting",
    "surety_calendar_official_days",
)


async def figures(exchange: Exchange, service: str) -> list[float | None]:
    """The gauges after a look at a service's database."""
    await Watch(exchange.database(service)).look()
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
