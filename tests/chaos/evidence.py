"""What is really there after a run: rows of all databases, seen by the superuser, and the ids that the streams hold."""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import nats
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from chassis.broker import STREAM_KEEPS
from chassis.service import service_of
from deploy.processes import Child
from deploy.topology import SERVICES
from tests.chaos.stand import Stand

SERVE_SECONDS, READ_SECONDS, MOST = 30.0, 5.0, 10_000_000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry."""

    id: str
    type: str
    subject: str
    version: int
    at: datetime
    data: Row


@dataclass(frozen=True, slots=True)
class Store:
    """What one service has: its journal, what waits in its outbox, its inbox, its dead letters, its stream.

    `heeds` are the types of event that it reacts to.
    """

    heeds: frozenset[str]
    journal: tuple[Entry, ...] = ()
    waiting: int = 0
    inbox: tuple[str, ...] = ()
    dead_letters: tuple[str, ...] = ()
    stream: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the checker holds against the history; `now` is the time of the reading."""

    now: datetime
    stores: Mapping[str, Store]
    complaints: tuple[Row, ...] = ()
    contacts: tuple[Row, ...] = ()
    signals: tuple[Row, ...] = ()
    restless: tuple[str, ...] = field(default=())

    @property
    def kept_since(self) -> datetime:
        """What is younger than this must be in its stream."""
        return self.now - timedelta(seconds=STREAM_KEEPS)


COMPLAINTS = """
SELECT id::text, version, receipt_number, state, category, concerns, acknowledged_at FROM complaint
"""
CONTACTS = "SELECT complaint_id::text, entry_id::text, template FROM complaint_contact"
SIGNALS = "SELECT id::text, version, state, source_id::text FROM signal"
JOURNAL = "SELECT id::text, type, subject::text, version, at, data FROM journal ORDER BY seq"


async def gather(stack: Stand, restless: list[str]) -> Evidence:
    """Read everything; `restless` is what had not come to rest before."""
    held = await streams(stack)
    stores = {}
    for service in SERVICES:
        async with stack.database(service) as connection:
            await connection.set_type_codec("jsonb", encoder=str, decoder=json.loads, schema="pg_catalog")
            stores[service] = Store(
                heeds=heeds(service),
                journal=tuple(Entry(**dict(row)) for row in await connection.fetch(JOURNAL)),
                waiting=await connection.fetchval("SELECT count(*) FROM outbox"),
                inbox=tuple(row[0] for row in await connection.fetch("SELECT event_id::text FROM inbox")),
                dead_letters=tuple(row[0] for row in await connection.fetch("SELECT reason FROM dead_letter")),
                stream=held.get(service, frozenset()),
            )
    async with stack.database("complaints") as connection:
        now = await connection.fetchval("SELECT now()")
    return Evidence(
        now=now,
        stores=stores,
        complaints=await _rows(stack, "complaints", COMPLAINTS),
        contacts=await _rows(stack, "complaints", CONTACTS),
        signals=await _rows(stack, "risk", SIGNALS),
        restless=tuple(restless),
    )


def heeds(service: str) -> frozenset[str]:
    """The types of event that a service reacts to."""
    reactions = service_of(SERVICES[service]).reactions
    return frozenset(event.TYPE for reaction in reactions for event in reaction.events)


async def _rows(stack: Stand, service: str, query: str) -> tuple[Row, ...]:
    async with stack.database(service) as connection:
        return tuple(dict(row) for row in await connection.fetch(query))


async def streams(stack: Stand) -> dict[str, frozenset[str]]:
    """The ids of the events in each stream, read from a copy of the broker's store by a server without users."""
    with tempfile.TemporaryDirectory(prefix="surety-streams-") as name:
        folder = Path(name)
        shutil.copytree(stack.streams, folder / "jetstream")
        program = Path(sys.executable).parent / "nats-server"
        where = ("-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder)
        server = Child(
            "nats", [program, "-js", "-sd", folder, *map(str, where)], log=folder / "log", folder=folder, environment={}
        )
        server.start()
        try:
            return await _read(await _address(folder, server))
        finally:
            server.kill()


async def _address(folder: Path, server: Child) -> str:
    ports, until = folder / f"nats-server_{server.pid}.ports", time.monotonic() + SERVE_SECONDS
    while True:
        if ports.exists() and (told := json.loads(ports.read_text() or "{}").get("nats")):
            return str(told[0])
        assert server.running, f"the copy is not served: {server.tail()}"
        assert time.monotonic() < until, f"the copy is not served: {server.tail()}"
        await asyncio.sleep(0.02)


async def _read(address: str) -> dict[str, frozenset[str]]:
    client, held = await nats.connect(address), {}
    try:
        jetstream = client.jetstream(timeout=READ_SECONDS)
        for service in SERVICES:
            try:
                left = (await jetstream.stream_info(service)).state.messages
            except NotFoundError:
                continue
            config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, headers_only=True, max_ack_pending=MOST)
            reader = await jetstream.pull_subscribe(f"evt.{service}.>", stream=service, config=config)
            ids: set[str] = set()
            while left > 0:
                messages = await reader.fetch(min(left, 500), timeout=READ_SECONDS)
                ids |= {(message.headers or {}).get("Nats-Msg-Id", "") for message in messages}
                left -= len(messages)
            held[service] = frozenset(ids)
    finally:
        await client.close()
    return held
