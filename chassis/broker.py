"""The connection to the broker, and publishing into the one stream that belongs to this service."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid4

import nkeys

from chassis.absence import absent
from chassis.logs import log
from chassis.loops import wanted
from chassis.metrics import BROKER_ERRORS, UNPUBLISHABLE

with absent("aiohttp"):  # for websockets
    import nats.errors
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext
    from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig, StreamInfo
    from nats.js.errors import APIError, BadRequestError, NoStreamResponseError

LARGEST_BATCH = 1_000
STREAM_KEEPS = 7 * 24 * 3600
"""Seconds."""
CONNECT_SECONDS = 2
RECONNECT_SECONDS = 1
# A connection that is dead without saying so is given up after the third ping.
PING_SECONDS = 10
REQUEST_SECONDS = 2
# The relay publishes inside a transaction of at most 5 s.
SINGLY_SECONDS = 2.5
FAULT_SHOWS_SECONDS = 300
HEADER_BYTES = 1_024
STREAM_DIFFERS = 10058
DUPLICATE_IN_BATCH = 10201

Answer = Callable[[bytes], Awaitable[bytes]]


class BrokerAwayError(Exception):
    """The broker does not answer, or refuses for a reason that passes: an outage, to be waited out."""


class Message(NamedTuple):
    """One event to publish: its subject (`evt.<event type>`), its id, and the envelope as bytes."""

    subject: str
    event_id: UUID
    payload: bytes


@contextlib.contextmanager
def outages() -> Iterator[None]:
    """Turns everything that the client library raises into `BrokerAwayError`."""
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise BrokerAwayError(str(error) or type(error).__name__) from error


def subject_of(event_type: str) -> str:
    """The subject on which events of a type are published."""
    return f"evt.{event_type}"


def stream_of(service: str) -> StreamConfig:
    """The stream of a producer: kept 7 days; a full stream refuses, so that events wait in the outbox."""
    return StreamConfig(
        name=service,
        subjects=[f"evt.{service}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=STREAM_KEEPS,
        duplicate_window=5 * 60,
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,
    )


class Broker:
    """This service's connection to the broker: made in the background, kept for ever, never waited for."""

    def __init__(self, service: str, url: str, seed: str) -> None:
        """`seed` is that of the service's nkey user; raises ValueError when it is not a seed."""
        self.service = service
        self._url = url
        self._seed = seed
        self._client: Client | None = None
        self._jetstream: JetStreamContext | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()
        self._stream_declared = False
        self._listeners: list[Callable[[], None]] = []
        self._declared: list[Callable[[StreamInfo], Awaitable[None]]] = []
        self._answers: dict[str, Answer] = {}
        self._fault: str | None = None
        self._fault_at = 0.0
        _check_seed(seed)

    async def start(self) -> None:
        """Begin to connect, and return at once."""
        self._keeper = asyncio.create_task(self._keep_connected(), name="broker")

    async def stop(self) -> None:
        """Close the connection; what was published and not confirmed is published again by the next process."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._client is not None:
            await _close(self._client)
            self._client = None

    @property
    def degraded(self) -> str | None:
        """What is wrong with the broker now, or was within 5 minutes (a refused permission); None when all is well."""
        if self._client is None or not self._client.is_connected:
            return "not connected"
        if self._fault is not None and time.monotonic() - self._fault_at < FAULT_SHOWS_SECONDS:
            return self._fault
        return None

    def connection(self) -> Client:
        """The connection as it stands; raises `BrokerAwayError` when there is none."""
        if self._client is None or not self._client.is_connected:
            raise BrokerAwayError("not connected")
        return self._client

    def jetstream(self) -> JetStreamContext:
        """The streams behind the connection; raises `BrokerAwayError` when there is no connection."""
        self.connection()
        assert self._jetstream is not None
        return self._jetstream

    def on_connected(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every connection made: whatever the server knew of us may be gone."""
        self._listeners.append(listener)

    def on_declared(self, listener: Callable[[StreamInfo], Awaitable[None]]) -> None:
        """Have `listener` told of this service's stream whenever it was declared, before anything goes into it."""
        self._declared.append(listener)

    def answer(self, verb: str, answer: Answer) -> None:
        """Have what others ask on `svc.<this service>.<verb>` answered; to be said before `start`. Replicas share."""
        self._answers[verb] = answer

    async def ask(self, service: str, verb: str, question: bytes, seconds: float) -> bytes:
        """The answer of another service; raises `BrokerAwayError` when there is none within `seconds`."""
        with outages():
            return (await self.connection().request(f"svc.{service}.{verb}", question, timeout=seconds)).data

    async def ensure_stream(self) -> None:
        """Declare this service's stream unless that was done on this connection; raises `BrokerAwayError`."""
        if not self._stream_declared:
            await self._declare_stream()

    async def publish_batch(self, messages: Sequence[Message]) -> set[UUID]:
        """Store at most 1,000 messages in this service's stream, in one atomic batch.

        Returns the ids of the events that the stream holds now; what a stream can never take (too large, another
        service's subject) is left out and counted. A batch with an event that the stream has already is published
        message by message for at most 2.5 s. Raises `BrokerAwayError`; then any of the messages may be stored or not.
        """
        assert len(messages) <= LARGEST_BATCH
        await self.ensure_stream()
        sound = [message for message in messages if self._publishable(message)]
        with outages():
            try:
                return await self._store(sound)
            except NoStreamResponseError:
                await self._declare_stream()
                return await self._store(sound)

    async def _store(self, messages: Sequence[Message]) -> set[UUID]:
        if len(messages) < 2:
            return await self._store_singly(messages)
        try:
            await self._store_atomically(messages)
        except APIError as refusal:
            if refusal.err_code != DUPLICATE_IN_BATCH:
                raise
            return await self._store_singly(messages)
        return {message.event_id for message in messages}

    async def _store_atomically(self, messages: Sequence[Message]) -> None:
        connection, batch = self.connection(), uuid4().hex
        for place, message in enumerate(messages[:-1], start=1):
            headers = _batch_headers(message, batch, place)
            await connection.publish(message.subject, message.payload, headers=headers)
        last = messages[-1]
        headers = _batch_headers(last, batch, len(messages)) | {"Nats-Batch-Commit": "1"}
        await self.jetstream().publish(last.subject, last.payload, timeout=REQUEST_SECONDS, headers=headers)

    async def _store_singly(self, messages: Sequence[Message]) -> set[UUID]:
        stored: set[UUID] = set()
        jetstream, until = self.jetstream(), time.monotonic() + SINGLY_SECONDS
        for message in messages:
            if time.monotonic() > until:
                break
            headers = {"Nats-Msg-Id": str(message.event_id)}
            await jetstream.publish(message.subject, message.payload, timeout=REQUEST_SECONDS, headers=headers)
            stored.add(message.event_id)
        return stored

    def _publishable(self, message: Message) -> bool:
        own = message.subject.startswith(f"evt.{self.service}.")
        fits = len(message.payload) + HEADER_BYTES <= self.connection().max_payload
        if own and fits:
            return True
        UNPUBLISHABLE.inc()
        log.error("an event cannot be published", event_id=str(message.event_id), size=len(message.payload))
        return False

    async def _declare_stream(self) -> None:
        jetstream, config = self.jetstream(), stream_of(self.service)
        with outages():
            try:
                stream = await jetstream.add_stream(config)
            except BadRequestError as refusal:
                if refusal.err_code != STREAM_DIFFERS:
                    raise
                stream = await jetstream.update_stream(config)
        for listener in self._declared:
            await listener(stream)
        self._stream_declared = True
        log.info("the stream is declared", stream=self.service)

    async def _keep_connected(self) -> None:
        while wanted():
            client, self._closed = Client(), asyncio.Event()
            try:
                await self._connect(client)
                for verb, answer in self._answers.items():
                    subject = f"svc.{self.service}.{verb}"
                    await client.subscribe(subject, queue=self.service, cb=partial(_respond, answer))
                self._client, self._jetstream = client, client.jetstream(timeout=REQUEST_SECONDS)
                await self._when_connected()
                await self._closed.wait()
            except asyncio.CancelledError:
                await _close(client)
                raise
            except Exception as error:
                await self._when_fault(error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _connect(self, client: Client) -> None:
        await client.connect(
            servers=[self._url],
            name=self.service,
            nkeys_seed_str=self._seed,
            inbox_prefix=f"_INBOX_{self.service}",
            connect_timeout=CONNECT_SECONDS,
            reconnect_time_wait=RECONNECT_SECONDS,
            max_reconnect_attempts=-1,
            ping_interval=PING_SECONDS,
            # Nothing is buffered while there is no connection: the outbox is the buffer.
            pending_size=0,
            error_cb=self._when_fault,
            reconnected_cb=self._when_connected,
            closed_cb=self._when_closed,
        )

    async def _when_connected(self) -> None:
        self._stream_declared = False
        log.info("connected to the broker", url=self._url)
        for listener in self._listeners:
            listener()

    async def _when_closed(self) -> None:
        self._closed.set()

    async def _when_fault(self, error: Exception) -> None:
        kind = "permission" if "permissions violation" in str(error).lower() else "connection"
        if kind == "permission":
            self._fault, self._fault_at = str(error), time.monotonic()
        BROKER_ERRORS.labels(kind).inc()
        log.warning("the broker reports a fault", kind=kind, error=str(error) or type(error).__name__)


async def _respond(answer: Answer, question: Msg) -> None:
    told = await answer(question.data)
    with contextlib.suppress(nats.errors.Error, OSError):
        await question.respond(told)


def _batch_headers(message: Message, batch: str, place: int) -> dict[str, str]:
    return {"Nats-Msg-Id": str(message.event_id), "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(place)}


async def _close(client: Client) -> None:
    with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
        async with asyncio.timeout(REQUEST_SECONDS):
            await client.close()


def _check_seed(seed: str) -> None:
    try:
        nkeys.from_seed(bytearray(seed.encode())).wipe()
    except Exception as error:
        raise ValueError("the broker's seed is not that of an nkey user") from error
