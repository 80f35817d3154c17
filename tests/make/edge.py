"""The gateway as tests run it: on a real socket and a real PostgreSQL, before services that do as a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import uvicorn

from chassis.clock import Clock, utc_now
from chassis.ids import new_id
from deploy.throwaway import Servers
from deploy.topology import BEHIND
from gateway.app import create_gateway
from gateway.settings import GatewaySettings
from tests.make.house import settings_as

HOURS = {"monday": [["09:00", "12:00"], ["13:00", "18:00"]]}
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Asked:
    """A request as it reached a service: its first line, its headers as they came, its body so far."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


Behaviour = Callable[["Scripted", Asked, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def answer(
    writer: asyncio.StreamWriter, body: bytes = b"{}", *, status: str = "200 OK", headers: tuple[str, ...] = ()
) -> None:
    """A whole answer of a service."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    await writer.drain()


async def well(service: "Scripted", asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A service that answers as it should."""
    await answer(writer)


@dataclass
class Scripted:
    """A service on a socket that notes what it is asked, and behaves as it is told.

    It reads bodies whole, but for those in chunks when `reads_chunks` is not set: that is then the behaviour's.
    `broken_off` counts the bodies that did not come to their end.
    """

    behave: Behaviour = well
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    broken_off: int = 0
    reads_chunks: bool = True
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            while head := await _head(reader):
                asked = await self._asked(head, reader)
                self.asked.append(asked)
                await self.behave(self, asked, reader, writer)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            self.broken_off += 1
        finally:
            writer.close()

    async def _asked(self, head: list[str], reader: asyncio.StreamReader) -> Asked:
        method, target, _ = head[0].split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:])]
        asked = Asked(method, target, headers, b"")
        length = asked.all("Content-Length")
        body = await reader.readexactly(int(length[0])) if length else b""
        if self.reads_chunks and asked.all("Transfer-Encoding"):
            body = b"".join([chunk async for chunk in chunks(reader)])
        return Asked(method, target, headers, body)


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The chunks of a body as they come (RFC 9112, 7.1)."""
    while (size := int((await reader.readuntil(b"\r\n")).strip(), 16)) > 0:
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")


async def _head(reader: asyncio.StreamReader) -> list[str]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return []
    return head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")


@asynccontextmanager
async def scripted(behave: Behaviour = well) -> AsyncIterator[Scripted]:
    """A service that listens."""
    service = Scripted(behave)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()


@dataclass(frozen=True)
class Machine:
    """A client of a provider, with its secret and an API key."""

    id: UUID
    provider_id: UUID
    secret: str
    key: str


@dataclass
class Edge:
    """A running gateway at an address."""

    url: str
    operator_key: str
    settings: GatewaySettings

    def client(self, bearer: str | None = None, **headers: str) -> httpx.AsyncClient:
        """An HTTP client; with a key or token it sends that."""
        sent = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return httpx.AsyncClient(base_url=self.url, headers={**sent, **headers}, timeout=20, trust_env=False)

    async def ask(self, method: str, path: str, bearer: str | None = None, **options: Any) -> httpx.Response:
        """One request on a connection of its own."""
        async with self.client(bearer) as client:
            return await client.request(method, path, **options)

    async def register(self, **changes: Any) -> httpx.Response:
        """A provider registered by the operator."""
        body: dict[str, Any] = {"slug": f"p-{new_id().hex[-12:]}", "name": "示范供方", "time_zone": "Asia/Shanghai"}
        body |= {"language": "zh-CN", "working_hours": HOURS}
        return await self.ask("POST", "/v1/providers", self.operator_key, json=body | changes)

    async def administrator(self, provider_id: UUID | None = None) -> Machine:
        """The first administrator of a provider; of a new one, unless an id is given."""
        if provider_id is None:
            provider_id = UUID((await self.register()).json()["id"])
        body = {"name": "Administration", "roles": ["administrator"]}
        made = await self.ask("POST", f"/v1/providers/{provider_id}/clients", self.operator_key, json=body)
        assert made.status_code == 201, made.text
        client_id, secret = made.json()["id"], made.json()["client_secret"]
        token = await self.token(client_id, secret)
        return Machine(UUID(client_id), provider_id, secret, await self.key(client_id, token))

    async def machine(self, administrator: Machine, *roles: str, scopes: list[str] | None = None) -> Machine:
        """Another client of an administrator's provider, with a key."""
        body = {"name": "Machine", "roles": list(roles)}
        made = await self.ask("POST", "/v1/clients", administrator.key, json=body)
        assert made.status_code == 201, made.text
        client_id = made.json()["id"]
        key = await self.key(client_id, administrator.key, scopes=scopes)
        return Machine(UUID(client_id), administrator.provider_id, made.json()["client_secret"], key)

    async def key(self, client_id: UUID | str, bearer: str, **changes: Any) -> str:
        """A new API key of a client."""
        made = await self.ask("POST", f"/v1/clients/{client_id}/keys", bearer, json={"name": "Key"} | changes)
        assert made.status_code == 201, made.text
        return str(made.json()["key"])

    async def token(self, client_id: UUID | str, secret: str, **form: str) -> str:
        """An access token of a client."""
        form = {"grant_type": "client_credentials"} | form
        made = await self.ask("POST", "/oauth/token", data=form, auth=(str(client_id), secret))
        assert made.status_code == 200, made.text
        return str(made.json()["access_token"])


def gateway_settings(own: Servers, **changes: Any) -> GatewaySettings:
    """Settings of a gateway on these servers, with wide limits for callers without a token."""
    services = {f"{service}_url": NOBODY for service in BEHIND}
    secret = {name: own.secrets.read("gateway", name) for name in ("signing_key", "operator_key")}
    wide = {"public_rate": 1000, "public_burst": 10_000, "worker": "off"}
    return settings_as(GatewaySettings, own, "gateway", **{**services, **secret, **wide, **changes})


@asynccontextmanager
async def gateway(
    own: Servers, *, clock: Clock = utc_now, trusted_proxies: str = "", **changes: Any
) -> AsyncIterator[Edge]:
    """A gateway that listens."""
    settings = gateway_settings(own, **changes)
    quiet: dict[str, Any] = {"log_level": "critical", "access_log": False}
    app = create_gateway(settings, clock=clock)
    config = uvicorn.Config(app, port=0, forwarded_allow_ips=trusted_proxies, **quiet)
    async with served(config) as url:
        yield Edge(url, own.secrets.operator_key, settings)


@asynccontextmanager
async def served(config: uvicorn.Config) -> AsyncIterator[str]:
    """An ASGI application on a socket of the loopback address."""
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if serving.done():
                await serving
                raise RuntimeError("the application ended at its start")
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
