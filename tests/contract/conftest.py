"""What the tests of the whole house stand on: every catalogue, and all five services with the gateway's own routes."""

from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID

import pytest
from fastapi import FastAPI

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.providers import keep_provider
from contracts.gateway import ProviderState
from deploy.throwaway import Servers
from deploy.topology import SERVICES
from gateway.app import create_gateway
from tests.make.catalogue import Table, read_catalogue
from tests.make.edge import gateway_settings
from tests.make.house import House, Tenant


@pytest.fixture(scope="session")
async def catalogues(own_servers: Servers) -> dict[str, dict[str, Table]]:
    """The tables of every migrated database, by service and name."""
    return {service: await read_catalogue(own_servers.postgres.dsn(service)) for service in SERVICES}


@pytest.fixture(scope="session")
async def whole_house(house: House) -> AsyncIterator[House]:
    """The services, and the gateway's own routes without its proxy."""
    app = cast(FastAPI, create_gateway(gateway_settings(house.servers)).app)
    async with app.router.lifespan_context(app):
        yield House(house.servers, {**house.apps, "gateway": app})


async def registered(house: House) -> Tenant:
    """A provider that the operator registered, and that every service knows."""
    state = {"slug": f"p-{new_id().hex[-12:]}", "name": "示范供方", "time_zone": "Asia/Shanghai", "language": "zh-CN"}
    async with house.client("gateway", None, "operator") as operator:
        answer = await operator.post("/v1/providers", json=state | {"working_hours": {"monday": [["09:00", "12:00"]]}})
    assert answer.status_code == 201, answer.text
    tenant = Tenant(UUID(answer.json()["id"]), state["slug"])
    calendar = {"calendar": {"number": 1, "days": {}, "official_through": None}}
    shared = ProviderState.model_validate(calendar | answer.json() | {"provider_id": tenant.id})
    for service in house.apps:
        async with house.database(service).work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await keep_provider(work, shared, 1)
    return tenant


@pytest.fixture(scope="session")
async def first(whole_house: House) -> Tenant:
    """A registered provider."""
    return await registered(whole_house)


@pytest.fixture(scope="session")
async def second(whole_house: House) -> Tenant:
    """Another one, whose people see nothing of the first."""
    return await registered(whole_house)
