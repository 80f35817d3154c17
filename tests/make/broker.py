"""A broker of a test's own, with an administrator who may delete what services may not, and its clients."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nats
from nats.aio.client import Client

from chassis.broker import Broker
from deploy.nats.configuration import configuration
from deploy.nats.server import Nats
from deploy.secrets import Secrets


class _Governed(Nats):
    """The server of the stacks, with an administrator more."""

    def launch(self) -> None:
        with patch("deploy.nats.server.configuration", _with_administrator):
            super().launch()


def _with_administrator(users: Mapping[str, str], **where: Any) -> str:
    administrator = "users: [\n    { user: administrator, password: administrator }"
    return configuration(users, **where).replace("users: [", administrator, 1)


class OwnBroker:
    """A running NATS with the services' users and an administrator, to be killed, robbed and started again."""

    def __init__(self, folder: Path, secrets: Path | None = None) -> None:
        self.secrets = Secrets(secrets or folder / "secrets")
        self.secrets.make()
        self.server = _Governed(folder / "nats", users=self.secrets.nats_users())

    async def connect(self, service: str, stack: AsyncExitStack) -> Broker:
        """A service's connection, made; closed with the stack."""
        broker = Broker(service, self.server.url, self.secrets.read(service, "nats_seed"))
        await broker.start()
        stack.push_async_callback(broker.stop)
        await until(lambda: broker.degraded is None)
        return broker

    async def administrator(self, stack: AsyncExitStack) -> Client:
        """A connection that may do everything; closed with the stack."""
        client = await nats.connect(self.server.url, user="administrator", password="administrator")
        stack.push_async_callback(client.close)
        return client


async def until(fact: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something has become true; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.01)


async def until_async(fact: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Wait until something that must be asked for has become true; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await fact():
            await asyncio.sleep(0.02)
