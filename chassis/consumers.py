"""The consumers of a service: from each producer's stream, through the inbox, to the reactions; any number may run."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from chassis import errors
from chassis.broker import Broker, BrokerAwayError
from chassis.database import Database
from chassis.dead_letters import bury, reason_of
from chassis.deliveries import Deliveries, Delivery
from chassis.envelopes import Received, UnknownTypeError, UnreadableError, read_envelope
from chassis.faults import is_outage, problem_of
from chassis.logs import log
from chassis.loops import wanted
from chassis.metrics import EFFECT_SECONDS, HANDLED, REACTION_FAILURES
from chassis.reactions import Reaction, Reactor
from chassis.trace import current_trace, trace_of
from contracts.base import Event

# A batch is through well within the 30 s after which its messages would come again.
BATCH, LANES = 20, 4
# Waits between the tries of a delivery that fails; after the last one it is a dead letter.
RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30)
BUSY_SECONDS, AWAY_SECONDS = 0.5, 2.0
SHORTEST_OUTAGE, LONGEST_OUTAGE = 0.1, 2.0

COUNT_FAILURE = """
INSERT INTO delivery_failure AS known (event_id, failures, last_failed_at) VALUES ($1, 1, $2)
ON CONFLICT (event_id) DO UPDATE SET failures = known.failures + 1, last_failed_at = $2
RETURNING failures
"""
FORGET_FAILURES = "DELETE FROM delivery_failure WHERE event_id = $1"


class Readable(NamedTuple):
    """A delivery with the event in it."""

    delivery: Delivery
    received: Received[Event]


class Consumers:
    """Brings the events of all producers that one service reacts to."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        reactions: Iterable[Reaction],
        declaring: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`database` is the worker's; `declaring` is told each producer whose durable is made or changed."""
        self._database = database
        self._broker = broker
        self._reactor = Reactor(database, reactions)
        self._declaring = declaring

    async def run(self) -> None:
        """Works until cancelled; returns at once when there is nothing to react to."""
        async with asyncio.TaskGroup() as group:
            for producer, contracts in self._reactor.contracts.items():
                deliveries = Deliveries(self._broker, producer, contracts, self._declaring)
                group.create_task(self._consume(deliveries, producer))

    async def _consume(self, deliveries: Deliveries, producer: str) -> None:
        outage = 0.0
        while wanted():
            try:
                well = await self._take(await deliveries.fetch(BATCH))
            except BrokerAwayError as away:
                well = False
                if not outage:
                    log.warning("events cannot be fetched", producer=producer, reason=str(away))
            except Exception:
                well = False
                log.error("events could not be taken", producer=producer, exc_info=True)
            outage = 0.0 if well else min(max(2 * outage, SHORTEST_OUTAGE), LONGEST_OUTAGE)
            await asyncio.sleep(outage)

    async def _take(self, deliveries: list[Delivery]) -> bool:
        """Deal with a batch in a few lanes side by side, the events of one record in one lane; False in an outage."""
        lanes: list[list[Readable]] = [[] for _ in range(LANES)]
        for delivery in deliveries:
            received = await self._read(delivery)
            if received is not None:
                lanes[hash(received.subject) % LANES].append(Readable(delivery, received))
        return all(await asyncio.gather(*(self._follow(lane) for lane in lanes if lane)))

    async def _read(self, delivery: Delivery) -> Received[Event] | None:
        """The event in a delivery; one that cannot be read becomes a dead letter."""
        try:
            return read_envelope(delivery.payload, self._reactor.contracts[delivery.producer])
        except UnknownTypeError as error:
            await self._unknown(delivery, error)
        except UnreadableError as error:
            async with self._database.connection() as (connection, _):
                await bury(self._database, connection, delivery, reason_of(error), failures=1)
            await delivery.term()
        return None

    async def _unknown(self, delivery: Delivery, error: UnknownTypeError) -> None:
        """Leaves an event to a younger replica that has a reaction to it; where none takes it, it is a dead letter."""
        if not str(error).startswith(f"{delivery.producer}."):  # a producer is believed about its own events only
            await delivery.ack()
            return
        tries = delivery.message.metadata.num_delivered
        if tries <= len(RETRY_SECONDS):
            await delivery.nak(RETRY_SECONDS[tries - 1])
            return
        async with self._database.connection() as (connection, _):
            await bury(self._database, connection, delivery, reason_of(error), failures=tries)
        await delivery.term()

    async def _follow(self, lane: list[Readable]) -> bool:
        for place, one in enumerate(lane):
            if not await self._handle(one.delivery, one.received):
                for rest in lane[place + 1 :]:
                    await rest.delivery.nak(AWAY_SECONDS)
                return False
        return True

    async def _handle(self, delivery: Delivery, received: Received[Event]) -> bool:
        """React and acknowledge; False when the database was away, which is nobody's failure."""
        current_trace.set(trace_of(received.correlation))
        try:
            fresh = await self._reactor.react(received)
        except Exception as error:
            return await self._failed(delivery, received, error)
        await delivery.ack()
        if fresh:
            HANDLED.labels(delivery.producer).inc()
            waited = (self._database.clock() - received.time).total_seconds()
            EFFECT_SECONDS.labels(delivery.producer).observe(max(waited, 0))
        return True

    async def _failed(self, delivery: Delivery, received: Received[Event], error: Exception) -> bool:
        problem = problem_of(error, {})
        if is_outage(error):
            log.warning("an event waits for the database", event_id=str(received.id), reason=type(error).__name__)
            await delivery.nak(AWAY_SECONDS)
            return False
        if problem is not None and problem.kind is errors.BUSY:
            await delivery.nak(BUSY_SECONDS)
            return True
        REACTION_FAILURES.labels(delivery.producer).inc()
        log.warning("a reaction failed", event_id=str(received.id), type=received.type, exc_info=error)
        try:
            failures = await self._count(delivery, received, error)
        except Exception:
            log.warning("a failure could not be counted", event_id=str(received.id), exc_info=True)
            await delivery.nak(AWAY_SECONDS)
            return False
        if failures > len(RETRY_SECONDS):
            await delivery.term()
        else:
            await delivery.nak(RETRY_SECONDS[failures - 1])
        return True

    async def _count(self, delivery: Delivery, received: Received[Event], error: Exception) -> int:
        """Count a failure; with the eighth the delivery becomes a dead letter."""
        async with self._database.connection() as (connection, driver):
            failures: int = await driver.fetchval(COUNT_FAILURE, received.id, self._database.clock())
            if failures > len(RETRY_SECONDS):
                await bury(self._database, connection, delivery, reason_of(error), failures)
                await driver.execute(FORGET_FAILURES, received.id)
        return failures
