"""What the tests of broker, relay and consumers stand on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.postgres import Postgres
from tests.make import exchange as made
from tests.make.exchange import Exchange


@pytest.fixture(scope="session")
def exchange_cluster() -> Iterator[tuple[Path, Postgres]]:
    """A PostgreSQL for complaints and risk, which tests may kill; its secrets' folder first."""
    with made.cluster() as cluster:
        yield cluster


@pytest.fixture
async def exchange(exchange_cluster: tuple[Path, Postgres], tmp_path: Path) -> AsyncIterator[Exchange]:
    """Complaints and risk with empty tables and a broker of this test's own."""
    folder, postgres = exchange_cluster
    async with made.exchange(folder, postgres, tmp_path) as exchange:
        yield exchange
