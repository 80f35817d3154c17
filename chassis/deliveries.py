"""What another service's stream has for this one: a durable pull consumer, declared again whenever it is lost."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple

import nats.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy, ReplayPolicy
from nats.js.errors import NotFoundError

from chassis.broker import Broker, outages, subject_of
from chassis.logs import log

WAIT_SECONDS = 30
HEARTBEAT_SECONDS = 5
ACK_SECONDS = 30
IN_DELIVERY = 20_000
HEARTBEAT = "100"


class Delivery(NamedTuple):
    """One message of a producer's stream: `sequence` is its place there, `message_id` its event's id as published."""

    producer: str
    sequence: int
    message_id: str | None
    payload: bytes
    message: Msg

    async def ack(self) -> None:
        """Done with; a lost acknowledgement brings the message once more, and the inbox knows it."""
        with contextlib.suppress(nats.errors.Error, OSError):
            await self.message.ack()

    async def nak(self, delay: float) -> None:
        """Once more, after `delay` seconds (always more than 0, else the message comes back in a tight circle)."""
        assert delay > 0
        with contextlib.suppress(nats.errors.Error, OSError):
            await self.message.nak(delay)

    async def term(self) -> None:
        """Never again."""
        with contextlib.suppress(nats.errors.Error, OSError):
            await self.message.term()


class Deliveries:
    """The durable of this service on a producer's stream; replicas share it."""

    def __init__(
        self,
        broker: Broker,
        producer: str,
        event_types: Collection[str],
        declaring: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`declaring` is told the producer before the durable is made or changed: something may be missing."""
        self._broker = broker
        self._declaring = declaring
        self._producer = producer
        self._subjects = {subject_of(event_type) for event_type in event_types}
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{producer}.{broker.service}"
        self._arrivals: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._requests = itertools.count(1)
        self._client: Client | None = None
        self._inbox = self._request = ""
        self._left = 0
        self._bound = False
        broker.on_connected(self._interrupt)

    async def fetch(self, most: int) -> list[Delivery]:
        """Wait up to 30 s for messages, and return at most `most` as soon as there are any.

        What was asked for stays asked for: the server sends whatever comes until the request is fulfilled or over, also
        between two calls. An empty list means silence, a new connection, or a lost consumer, which the next call
        declares again. Raises `BrokerAwayError`, also as long as the producer's stream does not exist.
        """
        with outages():
            client = self._broker.connection()
            await self._listen(client)
            if not self._bound:
                await self._bind()
            if self._left <= 0:
                self._request, self._left = f"{self._inbox}.{next(self._requests)}", most
                await client.publish(self._next, _pull(most), reply=self._request)
            deliveries = await self._collect(most)
        self._bound = bool(deliveries)
        return deliveries

    async def _collect(self, most: int) -> list[Delivery]:
        """What has come, and if nothing has, what comes first."""
        deliveries: list[Delivery] = []
        while len(deliveries) < most and not (deliveries and self._arrivals.empty()):
            try:
                async with asyncio.timeout(2 * HEARTBEAT_SECONDS + 1):
                    message = await self._arrivals.get()
            except TimeoutError:
                self._left = 0
                break
            if message is None:
                break
            status = (message.headers or {}).get("Status")
            if status is None:
                self._left -= 1
                deliveries.append(self._delivery(message))
            elif status != HEARTBEAT and message.subject == self._request:
                self._left = 0
                break
        return deliveries

    def _delivery(self, message: Msg) -> Delivery:
        message_id = (message.headers or {}).get("Nats-Msg-Id")
        return Delivery(self._producer, message.metadata.sequence.stream, message_id, message.data, message)

    async def _listen(self, client: Client) -> None:
        """Subscribe to an inbox of our own, once for each connection object (it survives reconnecting)."""
        if self._client is not client:
            self._inbox = client.new_inbox()
            await client.subscribe(f"{self._inbox}.*", cb=self._arrived)
            self._client, self._left = client, 0

    async def _bind(self) -> None:
        """Declare the durable with its whole configuration.

        Subjects are only ever added: during a rolling update the older process must not hide from the durable what
        the newer one asked for, because a durable never goes back.
        """
        jetstream = self._broker.jetstream()
        try:
            present = (await jetstream.consumer_info(self._producer, self._broker.service)).config
        except NotFoundError:
            present = None
        subjects = self._subjects | set(present.filter_subjects or [present.filter_subject] if present else [])
        wanted = _durable(self._broker.service, sorted(filter(None, subjects)))
        if present is None or not _same(present, wanted):
            if self._declaring is not None:
                await self._declaring(self._producer)
            await jetstream.add_consumer(self._producer, wanted)
            log.info("the consumer is declared", stream=self._producer, subjects=wanted.filter_subjects)
        self._bound = True

    async def _arrived(self, message: Msg) -> None:
        self._arrivals.put_nowait(message)

    def _interrupt(self) -> None:
        self._left = 0
        self._arrivals.put_nowait(None)


async def last_sequence(broker: Broker, producer: str) -> int:
    """The place of the last message in a producer's stream; raises `BrokerAwayError`."""
    with outages():
        return (await broker.jetstream().stream_info(producer)).state.last_seq


async def waiting(broker: Broker, producer: str) -> int:
    """How many events of a producer this service has not dealt with yet; raises `BrokerAwayError`."""
    info = await _durable_of(broker, producer)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def has_dealt_with(broker: Broker, producer: str, sequence: int) -> bool:
    """Whether this service's durable has nothing open up to a place in the stream; raises `BrokerAwayError`."""
    info = await _durable_of(broker, producer)
    reached = info.ack_floor.stream_seq if info.ack_floor else 0
    return not (info.num_pending or info.num_ack_pending) or reached >= sequence


async def _durable_of(broker: Broker, producer: str) -> ConsumerInfo:
    with outages():
        info: ConsumerInfo = await broker.jetstream().consumer_info(producer, broker.service)
    return info


def _pull(most: int) -> bytes:
    """A request for so many messages, as they come."""
    return orjson.dumps({"batch": most, "expires": WAIT_SECONDS * 10**9, "idle_heartbeat": HEARTBEAT_SECONDS * 10**9})


def _durable(service: str, subjects: list[str]) -> ConsumerConfig:
    return ConsumerConfig(
        name=service,
        durable_name=service,
        filter_subjects=subjects,
        deliver_policy=DeliverPolicy.ALL,
        replay_policy=ReplayPolicy.INSTANT,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_SECONDS,
        max_deliver=-1,
        max_ack_pending=IN_DELIVERY,
    )


def _same(present: ConsumerConfig, wanted: ConsumerConfig) -> bool:
    told = {name: value for name, value in vars(wanted).items() if value is not None}
    return all(getattr(present, name) == value for name, value in told.items())
