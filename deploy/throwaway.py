"""A PostgreSQL and a NATS of one's own for tests and tools, gone afterwards."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.bootstrap import bootstrap
from deploy.nats.server import Nats
from deploy.postgres import Postgres
from deploy.secrets import Secrets


@dataclass(frozen=True)
class Servers:
    """Running servers with databases, roles and NATS users, in a folder that is removed with them."""

    folder: Path
    secrets: Secrets
    postgres: Postgres
    nats: Nats


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both servers in a new temporary folder, bootstrapped; PostgreSQL listens on its socket only."""
    folder = Path(tempfile.mkdtemp(prefix="surety-"))
    folder.chmod(0o711)
    secrets = Secrets(folder / "secrets")
    secrets.make()
    postgres = Postgres(folder / "postgres", password=secrets.superuser_password, durable=False)
    nats = Nats(folder / "nats", users=secrets.nats_users())
    try:
        postgres.start()
        nats.start()
        asyncio.run(bootstrap(postgres.dsn(), secrets))
        yield Servers(folder, secrets, postgres, nats)
    finally:
        nats.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
