"""The embedded servers: what the superuser prepares, and what a crash leaves."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from copy import copy
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.bootstrap import ROLES, bootstrap, renew_superuser
from deploy.home import ROOT
from deploy.nats.server import Nats
from deploy.postgres import Postgres
from deploy.revisions import behind
from deploy.secrets import INSTALLATION
from deploy.throwaway import Servers, servers
from deploy.topology import SERVICES, StackError


@pytest.fixture(scope="module")
def own() -> Iterator[Servers]:
    """Servers whose databases are bootstrapped and not migrated."""
    with servers() as own:
        yield own


@asynccontextmanager
async def connected(
    own: Servers, service: str, role: str, database: str | None = None
) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(
        host=own.postgres.host,
        port=own.postgres.port,
        user=f"{service}_{role}",
        password=own.secrets.read(service, f"database_{role}_password"),
        database=database or service,
    )
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_only_the_owner_makes_tables_and_sees_beyond_row_level_security(own: Servers, service: str) -> None:
    for role in ROLES:
        async with connected(own, service, role) as connection:
            bypasses = await connection.fetchval("SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user")
            creates = await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
            superuser = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert (bypasses, creates, superuser) == (role == "owner", role == "owner", False)


async def test_no_service_enters_the_database_of_another(own: Servers) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with connected(own, "risk", "owner", database="complaints"):
            pass


async def test_nobody_enters_without_the_password(own: Servers) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host=own.postgres.host, port=own.postgres.port, user="risk_app", password="wrong", database="risk"
        )


async def test_bootstrapping_again_keeps_the_data_and_sets_the_present_passwords(own: Servers) -> None:
    async with connected(own, "projects", "owner") as connection:
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    file = own.secrets.of("projects") / "surety_database_app_password"
    file.write_text("renewed ' with a quote")
    await bootstrap(own.postgres.dsn(), own.secrets)
    async with connected(own, "projects", "app") as connection:
        assert await connection.fetchval("SELECT current_user") == "projects_app"
    async with connected(own, "projects", "owner") as connection:
        assert await connection.fetchval("SELECT n FROM kept") == 1


@pytest.mark.parametrize("interrupted", ["after nothing", "after the server had it", "after it was kept"])
async def test_the_superuser_s_next_password_is_put_in_force_wherever_that_was_interrupted(
    own: Servers, interrupted: str
) -> None:
    present = own.secrets.superuser_password
    announced = {"after nothing": "next '1", "after the server had it": "next '2", "after it was kept": "next '3"}
    following = announced[interrupted]
    own.secrets.write(INSTALLATION, "next_superuser_password", following)
    if interrupted != "after nothing":
        await set_superuser(with_password(own, present), following)
    if interrupted == "after it was kept":
        own.secrets.write(INSTALLATION, "superuser_password", following)
    try:
        for _ in range(2):
            await renew_superuser(lambda password: with_password(own, password), own.secrets)
        assert own.secrets.superuser_password == following
        assert not own.secrets.has(INSTALLATION, "next_superuser_password")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(with_password(own, present))
    finally:
        await set_superuser(with_password(own, following), present)
        own.secrets.write(INSTALLATION, "superuser_password", present)


def with_password(own: Servers, password: str) -> str:
    server = copy(own.postgres)
    server.password = password
    return server.dsn()


async def set_superuser(dsn: str, password: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        quoted = await connection.fetchval("SELECT quote_literal($1)", password)
        await connection.execute(f"ALTER ROLE postgres PASSWORD {quoted}")
    finally:
        await connection.close()


async def test_text_is_sorted_by_code_point_whatever_the_machine_speaks(own: Servers) -> None:
    async with connected(own, "risk", "app") as connection:
        row = await connection.fetchrow(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'risk'"
        )
    assert row is not None
    assert tuple(row) == (b"b", "C.UTF-8", "UTF8")


async def test_a_database_without_migrations_is_behind(own: Servers) -> None:
    assert await behind(own.postgres.dsn(), ROOT) == list(SERVICES)


async def test_a_migrated_database_is_not_behind(own_servers: Servers) -> None:
    assert set(await behind(own_servers.postgres.dsn(), ROOT)) <= {"gateway"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL reaches, whoever runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="surety-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


async def committed(postgres: Postgres) -> int:
    connection = await asyncpg.connect(postgres.dsn())
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS written (n int)")
        await connection.execute("INSERT INTO written VALUES (1)")
        count: int = await connection.fetchval("SELECT count(*) FROM written")
    finally:
        await connection.close()
    return count


async def test_a_server_that_an_earlier_supervisor_left_is_ended_first(folder: Path) -> None:
    left = Postgres(folder / "postgres", password="secret", durable=False)
    left.start()
    assert await committed(left) == 1
    again = Postgres(folder / "postgres", password="secret", durable=False)
    again.start()
    try:
        assert await committed(again) == 2
        assert left.child is not None
        assert left.child.exit_code == 0
        assert not Path(left.host).exists()
    finally:
        again.stop()


async def test_what_was_committed_outlives_a_hard_kill(folder: Path) -> None:
    postgres = Postgres(folder / "postgres", password="secret", durable=False)
    postgres.start()
    assert await committed(postgres) == 1
    assert postgres.child is not None
    postgres.child.kill()
    postgres.start()
    try:
        assert await committed(postgres) == 2
    finally:
        postgres.stop()


async def test_the_broker_comes_back_on_its_port(own: Servers) -> None:
    port = own.nats.port
    own.nats.kill()
    own.nats.start()
    assert own.nats.port == port


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    nats = Nats(tmp_path / "nats", users={"risk": "not an nkey"}, log=tmp_path / "nats.log")
    with pytest.raises(StackError, match=r"(?s)NATS did not start.*Parse error"):
        nats.start()
