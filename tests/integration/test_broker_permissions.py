"""What a service may do at a real broker, and what it is refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import nats.errors
import nkeys
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DiscardPolicy, StreamConfig

from deploy.nats.server import Nats
from deploy.secrets import Secrets
from deploy.topology import SERVICES

RECEIVED = "evt.complaints.complaint.received.v1"
ANSWER_SECONDS = 5.0


class Installation:
    """A broker of this module's own, and who connects to it."""

    def __init__(self, server: Nats, secrets: Secrets) -> None:
        self.server = server
        self.secrets = secrets

    @asynccontextmanager
    async def user(self, service: str, refusals: asyncio.Queue[str] | None = None) -> AsyncIterator[Client]:
        """A connection as one service; what the broker refuses it is put into `refusals`."""

        async def note(error: Exception) -> None:
            if refusals is not None:
                refusals.put_nowait(str(error))

        client = await nats.connect(
            self.server.url,
            nkeys_seed_str=self.secrets.read(service, "nats_seed"),
            inbox_prefix=f"_INBOX_{service}".encode(),
            allow_reconnect=False,
            error_cb=note,
        )
        try:
            yield client
        finally:
            await client.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("broker")
    secrets = Secrets(folder / "secrets")
    secrets.make()
    server = Nats(folder / "nats", users=secrets.nats_users())
    server.start()
    yield Installation(server, secrets)
    server.stop()


def stream(service: str) -> StreamConfig:
    return StreamConfig(
        name=service,
        subjects=[f"evt.{service}.>"],
        allow_atomic=True,
        deny_delete=True,
        deny_purge=True,
        discard=DiscardPolicy.NEW,
    )


def durable(name: str) -> ConsumerConfig:
    return ConsumerConfig(name=name, durable_name=name, ack_policy=AckPolicy.EXPLICIT, filter_subjects=[RECEIVED])


async def declare(client: Client, service: str) -> None:
    await client.jetstream(timeout=ANSWER_SECONDS).add_stream(stream(service))


async def create(client: Client, producer: str, name: str) -> ConsumerInfo:
    return await client.jetstream(timeout=ANSWER_SECONDS).add_consumer(producer, durable(name))


async def publish_batch(client: Client, batch: str, size: int) -> None:
    for place in range(1, size):
        headers = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(place)}
        await client.publish(RECEIVED, b"{}", headers=headers)
    headers = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(size), "Nats-Batch-Commit": "1"}
    await client.jetstream().publish(RECEIVED, b"{}", timeout=ANSWER_SECONDS, headers=headers)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_declares_updates_and_reads_its_own_stream(
    installation: Installation, service: str
) -> None:
    async with installation.user(service) as client:
        jetstream = client.jetstream(timeout=ANSWER_SECONDS)
        made = await jetstream.add_stream(stream(service))
        assert made.config.allow_atomic
        assert made.config.deny_delete
        assert made.config.deny_purge
        assert made.config.discard == DiscardPolicy.NEW
        assert (await jetstream.update_stream(stream(service))).config == made.config
        assert (await jetstream.stream_info(service)).config == made.config


async def test_an_event_published_in_a_batch_is_fetched_and_acknowledged_by_its_consumer(
    installation: Installation,
) -> None:
    async with installation.user("complaints") as producer, installation.user("risk") as consumer:
        await declare(producer, "complaints")
        await create(consumer, "complaints", "risk")
        await publish_batch(producer, "batch-1", 3)
        jetstream = consumer.jetstream(timeout=ANSWER_SECONDS)
        subscription = await jetstream.pull_subscribe_bind(consumer="risk", stream="complaints")
        messages = await subscription.fetch(3, timeout=ANSWER_SECONDS)
        for message in messages:
            await message.ack_sync(timeout=ANSWER_SECONDS)
        info = await jetstream.consumer_info("complaints", "risk")
        assert len(messages) == 3
        assert info.num_ack_pending == 0
        assert info.ack_floor is not None
        assert info.ack_floor.stream_seq == messages[-1].metadata.sequence.stream


async def test_a_durable_with_one_subject_is_within_its_service_s_right(installation: Installation) -> None:
    async with installation.user("complaints") as producer, installation.user("satisfaction") as consumer:
        await declare(producer, "complaints")
        config = durable("satisfaction").evolve(filter_subjects=None, filter_subject=RECEIVED)
        made = await consumer.jetstream(timeout=ANSWER_SECONDS).add_consumer("complaints", config)
        assert made.config.filter_subject == RECEIVED


async def test_a_producer_answers_its_consumer_s_questions(installation: Installation) -> None:
    async with installation.user("complaints") as producer, installation.user("risk") as consumer:

        async def answer(message: Msg) -> None:
            await message.respond(b"one")
            await message.respond(b"two")

        await producer.subscribe("svc.complaints.digest", cb=answer)
        await producer.flush()
        inbox = consumer.new_inbox()
        answers = await consumer.subscribe(inbox)
        await consumer.publish("svc.complaints.digest", b"", reply=inbox)
        got = [(await answers.next_msg(timeout=ANSWER_SECONDS)).data for _ in range(2)]
        assert got == [b"one", b"two"]


FOREIGN: dict[str, Callable[[Client], Awaitable[object]]] = {
    "$js.api.stream.create.complaints": lambda risk: declare(risk, "complaints"),
    "$js.api.stream.update.complaints": lambda risk: risk.jetstream().update_stream(stream("complaints")),
    "$js.api.stream.delete.risk": lambda risk: risk.jetstream().delete_stream("risk"),
    "$js.api.stream.purge.complaints": lambda risk: risk.jetstream().purge_stream("complaints"),
    "$js.api.stream.create.mine": lambda risk: risk.jetstream().add_stream(stream("mine")),
    "$js.api.consumer.create.complaints.projects": lambda risk: create(risk, "complaints", "projects"),
    "$js.api.consumer.create.complaints.risk2": lambda risk: create(risk, "complaints", "risk2"),
    "$js.api.consumer.create.risk.risk": lambda risk: create(risk, "risk", "risk"),
    "$js.api.consumer.delete.complaints.projects": lambda risk: risk.jetstream().delete_consumer(
        "complaints", "projects"
    ),
    "$js.api.consumer.msg.next.complaints.projects": lambda risk: risk.publish(
        "$JS.API.CONSUMER.MSG.NEXT.complaints.projects", b"1", reply="_INBOX_risk.x"
    ),
    "$js.ack.complaints.projects.1.1.1.1.0": lambda risk: risk.publish("$JS.ACK.complaints.projects.1.1.1.1.0", b""),
    "evt.complaints.complaint.received.v1": lambda risk: risk.publish(RECEIVED, b"{}"),
    "evt.complaints": lambda risk: risk.publish("evt.complaints", b"{}"),
    "svc.risk.digest": lambda risk: risk.publish("svc.risk.digest", b""),
    "svc.complaints.other": lambda risk: risk.publish("svc.complaints.other", b""),
    "_inbox_complaints.x": lambda risk: risk.publish("_INBOX_complaints.x", b""),
    "evt.>": lambda risk: risk.subscribe("evt.>"),
    ">": lambda risk: risk.subscribe(">"),
    "_inbox_complaints.>": lambda risk: risk.subscribe("_INBOX_complaints.>"),
    "svc.complaints.digest": lambda risk: risk.subscribe("svc.complaints.digest"),
    "$js.ack.>": lambda risk: risk.subscribe("$JS.ACK.>"),
}


@pytest.mark.parametrize("subject", FOREIGN)
async def test_what_belongs_to_another_service_is_refused(installation: Installation, subject: str) -> None:
    refusals: asyncio.Queue[str] = asyncio.Queue()
    async with installation.user("risk", refusals) as risk:
        attempt = asyncio.ensure_future(FOREIGN[subject](risk))
        refusal = await asyncio.wait_for(refusals.get(), ANSWER_SECONDS)
        attempt.cancel()
        await asyncio.gather(attempt, return_exceptions=True)
    assert f'"{subject}"' in refusal


@pytest.mark.parametrize("seed", [None, bytes(nkeys.encode_seed(bytes(range(32)), nkeys.PREFIX_BYTE_USER)).decode()])
async def test_a_stranger_is_not_let_in(installation: Installation, seed: str | None) -> None:
    client = Client()
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation|nonce"):
        await client.connect(installation.server.url, nkeys_seed_str=seed, allow_reconnect=False)
    await client.close()
