"""The services as the gateway reaches them: pooled connections, bodies streamed both ways, faults as problems."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from multidict import CIMultiDict
from yarl import URL

from chassis import errors
from chassis.errors import Problem
from chassis.logs import log
from contracts.base import Text
from gateway.proxy.bodies import Upload

CONNECT_SECONDS, IDLE_SECONDS, MOST_CONNECTIONS = 1.0, 15.0, 200
SET_HERE = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

AWAY = Text("The service {service} cannot be reached; try again shortly.", "服务 {service} 暂时无法连接，请稍后再试。")
BROKE_OFF = Text(
    "The service {service} broke off; the request may have taken effect.", "服务 {service} 中断了应答，请求可能已生效。"
)


class Dropped(aiohttp.ClientError):
    """A connection ended under a request that must not be sent twice."""


class Upstream:
    """The connections to all services; to be used as an asynchronous context manager."""

    def __init__(self, services: Mapping[str, str]) -> None:
        """`services` are addresses such as `http://127.0.0.1:8081`, by name."""
        self.services = dict(services)
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=MOST_CONNECTIONS, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=SET_HERE,
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(
        self, service: str, method: str, path: str, headers: CIMultiDict[str], data: bytes | Upload | None
    ) -> ClientResponse:
        """A service's answer, its body still to be read; `path` goes out as it is, with its query.

        A GET is tried once more when its connection is dropped before an answer; nothing else is. Raises a 503 problem
        when the service cannot be reached within a second, and a 502 when it breaks off.
        """
        try:
            return await self._session.request(
                method,
                URL(self.services[service] + path, encoded=True),
                headers=headers,
                data=data,
                allow_redirects=False,
                middlewares=() if method == "GET" else (_once,),
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as fault:
            log.warning("a service cannot be reached", upstream=service, error=repr(fault))
            raise errors.unavailable(AWAY.filled(service=service)) from fault
        except aiohttp.ClientError as fault:
            if isinstance(data, Upload) and data.fault is not None:
                raise data.fault from fault
            raise broken_off(service, fault) from fault


def broken_off(service: str, fault: Exception) -> Problem:
    """A 502 problem for a service that gave no whole answer."""
    log.warning("a service broke off", upstream=service, error=repr(fault))
    return Problem(errors.BAD_GATEWAY, BROKE_OFF.filled(service=service))


async def _once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keeps the client library from its own second try, which it makes for PUT and DELETE too."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as fault:
        raise Dropped(repr(fault)) from fault
