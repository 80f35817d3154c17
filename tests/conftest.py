"""Fixtures of all tests: real servers once per process, a provider of its own for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.throwaway import Servers
from tests.make.house import House, Tenant, migrated_servers, running


@pytest.fixture(scope="session")
def own_servers() -> Iterator[Servers]:
    """PostgreSQL and NATS with migrated databases."""
    with migrated_servers() as own:
        yield own


@pytest.fixture(scope="session")
async def house(own_servers: Servers) -> AsyncIterator[House]:
    """The four services, running in this process."""
    async with running(own_servers) as house:
        yield house


@pytest.fixture
def new_servers() -> Iterator[Servers]:
    """The same for one test, where nothing has happened yet."""
    with migrated_servers() as own:
        yield own


@pytest.fixture
async def new_house(new_servers: Servers) -> AsyncIterator[House]:
    """The four services on servers of this test's own: they hear of nothing else first."""
    async with running(new_servers) as house:
        yield house


@pytest.fixture
async def tenant(house: House) -> Tenant:
    """A provider of this test's own."""
    return await house.new_tenant()


@pytest.fixture
async def other_tenant(house: House) -> Tenant:
    """Another provider, whose records nobody of the first may see."""
    return await house.new_tenant()
