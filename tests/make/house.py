"""The services as tests run them: in this process, on real servers, each test in a provider of its own."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import httpx
from alembic import command
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from chassis.actors import SYSTEM
from chassis.app import create_app
from chassis.clock import utc_now
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.migrate import alembic_of
from chassis.providers import keep_provider
from chassis.service import service_of
from chassis.settings import Settings
from chassis.tokens import Issuer
from chassis.trace import trace_from
from contracts.gateway import ProviderState, Weekday, WorkingCalendar
from deploy.throwaway import Servers, servers
from deploy.topology import SERVICES

S = TypeVar("S", bound=Settings)
ISSUER = "http://gateway.test"
WORKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
PACKAGES = {name: package for name, package in SERVICES.items() if name != "gateway"}


@dataclass(frozen=True)
class Tenant:
    """A provider of a test's own."""

    id: UUID
    slug: str


@dataclass
class House:
    """Running services; `apps` by name."""

    servers: Servers
    apps: dict[str, FastAPI] = field(default_factory=dict)

    def settings(self, service: str, **changes: Any) -> Settings:
        """Settings of one service, as its process would read them."""
        return settings_of(self.servers, service, **changes)

    def issuer(self) -> Issuer:
        """Signs tokens as the gateway does."""
        key = OKPKey.import_key(json.loads(self.servers.secrets.read("gateway", "signing_key")))
        return Issuer(key, ISSUER, utc_now)

    def token(self, tenant: Tenant | None, *scope: str, client: UUID | None = None) -> str:
        """An access token for roles and permissions within a provider; without one, of the operator."""
        client = client or new_id()
        pid = None if tenant is None else tenant.id
        return self.issuer().issue(subject=client, client_id=client, provider_id=pid, scope=scope)[0]

    def person_token(self, tenant: Tenant, account: UUID, *scope: str) -> str:
        """An access token of a person for roles and permissions within a provider."""
        whose = {"subject": account, "client_id": new_id(), "provider_id": tenant.id}
        return self.issuer().issue(**whose, scope=scope, kind="person")[0]

    def client(self, service: str, tenant: Tenant | None = None, *scope: str) -> httpx.AsyncClient:
        """An HTTP client of one service; with a scope it sends a token."""
        return self.client_of(service, self.token(tenant, *scope) if scope else None)

    def client_of(self, service: str, token: str | None) -> httpx.AsyncClient:
        """An HTTP client of one service that sends a token, if there is one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.apps[service], raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{service}.test", headers=headers)

    def database(self, service: str) -> Database:
        """The serving role's connections of a running service."""
        database: Database = self.apps[service].state.runtime.database
        return database

    @asynccontextmanager
    async def asked(self, tenant: Tenant) -> AsyncIterator[UnitOfWork]:
        """A unit of work in complaints as a request has it."""
        work = await self.database("complaints").begin(tenant.id, actor=SYSTEM, correlation=new_id())
        try:
            yield work
            await work.commit()
        except BaseException as error:
            await work.roll_back(error)
            raise

    async def new_tenant(self) -> Tenant:
        """A provider that every running service knows."""
        provider_id = new_id()
        tenant = Tenant(provider_id, f"p-{provider_id.hex[-12:]}")
        await self.keep_calendar(tenant, 1)
        return tenant

    async def keep_calendar(self, tenant: Tenant, number: int) -> None:
        """Has every running service know a provider with a version of its calendar."""
        state = ProviderState(
            provider_id=tenant.id,
            slug=tenant.slug,
            name="示范供方",
            time_zone="Asia/Shanghai",
            language="zh-CN",
            working_hours={day: [("09:00", "12:00"), ("13:00", "18:00")] for day in WORKDAYS},
            calendar=WorkingCalendar(number=number, days={}, official_through=date(2026, 12, 31)),
        )
        for service in self.apps:
            correlation = trace_from(None).correlation
            async with self.database(service).work(tenant.id, actor=SYSTEM, correlation=correlation) as work:
                await keep_provider(work, state, number)


def settings_of(own: Servers, service: str, **changes: Any) -> Settings:
    """Settings of one service on these servers."""
    return settings_as(Settings, own, service, **changes)


def settings_as(kind: type[S], own: Servers, service: str, **changes: Any) -> S:
    """Settings of one service on these servers, with what its own class asks for among the changes."""
    secret = {
        name: own.secrets.read(service, name)
        for name in (
            "database_owner_password",
            "database_app_password",
            "database_worker_password",
            "nats_seed",
            "master_key",
            "verification_keys",
        )
    }
    plain = {
        "environment": "development",
        "service": service,
        "database_name": service,
        "database_host": own.postgres.host,
        "nats_url": own.nats.url,
        "files_url": (own.folder / "files" / service).as_uri(),
        "gateway_url": "http://127.0.0.1:9",  # nobody listens there
        "issuer": ISSUER,
        "log_level": "error",
    }
    return kind(**{**plain, **secret, **changes})


@contextmanager
def migrated_servers() -> Iterator[Servers]:
    """PostgreSQL and NATS of one's own, with the databases of all services at their newest revision."""
    with servers() as own:
        for service, package in SERVICES.items():
            command.upgrade(alembic_of(service_of(package), settings_of(own, service)), "head")
        yield own


@asynccontextmanager
async def running(own: Servers, services: Iterable[str] = PACKAGES) -> AsyncIterator[House]:
    """The house with services running, each with its worker."""
    house = House(own)
    async with AsyncExitStack() as stack:
        for name in services:
            app = create_app(service_of(SERVICES[name]), house.settings(name))
            await stack.enter_async_context(app.router.lifespan_context(app))
            house.apps[name] = app
        yield house
