"""What the tests of broker, relay and consumers stand on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chassis.app import create_app
from deploy.postgres import Postgres
from deploy.throwaway import Servers
from services.complaints.app import SERVICE
from tests.make import exchange as made
from tests.make.clockwork import make_database
from tests.make.edge import Edge, Machine, Scripted, gateway, scripted, well
from tests.make.exchange import Exchange
from tests.make.house import House, migrated_servers, settings_of
from tests.make.walks import DATABASE


@pytest.fixture(scope="session")
def exchange_cluster() -> Iterator[tuple[Path, Postgres]]:
    """A PostgreSQL for complaints and risk, which tests may kill; its secrets' folder first."""
    with made.cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
async def untimed(own_servers: Servers) -> House:
    """Servers with a database of complaints whose timers no worker takes: time passes there as a test says."""
    house = House(own_servers)
    await make_database(own_servers, house, name=DATABASE)
    return house


@pytest.fixture
async def exchange(exchange_cluster: tuple[Path, Postgres], tmp_path: Path) -> AsyncIterator[Exchange]:
    """Complaints and risk with empty tables and a broker of this test's own."""
    folder, postgres = exchange_cluster
    async with made.exchange(folder, postgres, tmp_path) as exchange:
        yield exchange


@pytest.fixture(scope="session")
async def apart(own_servers: Servers, house: House) -> House:
    """The house, with a database of complaints in which nobody but tests fires timers."""
    await make_database(own_servers, house)
    return house


@pytest.fixture(scope="session")
async def scripted_service() -> AsyncIterator[Scripted]:
    """A service behind the gateway that does as a test says, in place of complaints."""
    async with scripted() as service:
        yield service


@pytest.fixture
def service(scripted_service: Scripted) -> Scripted:
    """The same, fresh for this test."""
    scripted_service.behave, scripted_service.reads_chunks = well, True
    scripted_service.connections = scripted_service.broken_off = 0
    scripted_service.asked.clear()
    return scripted_service


@pytest.fixture(scope="session")
async def edge(own_servers: Servers, scripted_service: Scripted) -> AsyncIterator[Edge]:
    """A gateway before that service; the others are down."""
    async with gateway(own_servers, complaints_url=scripted_service.url) as edge:
        yield edge


@pytest.fixture
async def administrator(edge: Edge) -> Machine:
    """The administrator of a provider of this test's own."""
    return await edge.administrator()


@pytest.fixture(scope="session")
def quiet_servers() -> Iterator[Servers]:
    """PostgreSQL and NATS with migrated databases, on which no worker runs."""
    with migrated_servers() as own:
        yield own


@pytest.fixture(scope="session")
async def quiet_house(quiet_servers: Servers) -> AsyncIterator[House]:
    """Complaints without a worker: nothing comes due but what a test takes."""
    app = create_app(SERVICE, settings_of(quiet_servers, SERVICE.name, worker="off"))
    async with app.router.lifespan_context(app):
        yield House(quiet_servers, {SERVICE.name: app})
