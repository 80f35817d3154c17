"""What the tests of the databases stand on: each service's catalogue, read once."""

import pytest

from deploy.throwaway import Servers
from deploy.topology import SERVICES
from tests.make.catalogue import Table, read_catalogue


@pytest.fixture(scope="session")
async def catalogues(own_servers: Servers) -> dict[str, dict[str, Table]]:
    """The tables of every migrated database, by service and name."""
    return {service: await read_catalogue(own_servers.postgres.dsn(service)) for service in SERVICES}
