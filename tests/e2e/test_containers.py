"""The compose stack as users run it: healthy from nothing, closed to the outside, healing, kept and given back."""

import asyncio
import hashlib
import os
import socket
import time
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.topology import CONTAINED, SERVICES
from tests.chaos.checker import check
from tests.chaos.clients import Client
from tests.chaos.evidence import gather
from tests.chaos.history import Call
from tests.chaos.rest import come_to_rest
from tests.e2e.containers import SERVERS, Containers, containers, engine_fault
from tests.e2e.own_stack import eventually

FAULT = engine_fault() or (None if os.geteuid() == 0 else "only root may kill the processes of containers")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(FAULT is not None, reason=f"no engine for containers answers here: {FAULT}"),
]

SEED, CLIENTS, HEAL_SECONDS, REST_SECONDS = 11, 4, 120.0, 240.0


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that is up, and the ports of the loopback address that have been open since."""

    stack: Containers
    opened: set[int]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A running stack, one container for each service."""
    with containers() as stack:
        before = accepting()
        stack.up()
        yield Running(stack, accepting() - before)


def accepting() -> set[int]:
    """The ports of the loopback address that accept connections, but for those of other programs of this machine."""
    listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    owners = {getattr(one.laddr, "port", None): one.pid for one in listening}
    found = set()
    for port in range(1, 65536):
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) or probe.getsockname() == probe.getpeername():
                continue  # a port that is free may be given to the probe itself, which then meets itself
            if is_of_engine(owners.get(port)):
                found.add(port)
    return found


def is_of_engine(pid: int | None) -> bool:
    """Whether a port is the engine's: it has no process where the kernel leads on to a container."""
    with suppress(psutil.NoSuchProcess):
        return pid is None or psutil.Process(pid).name().startswith("docker")
    return False


def test_a_scan_from_the_host_finds_the_gateway_alone(running: Running) -> None:
    assert running.opened == set(running.stack.ports)


def test_no_container_runs_as_root_or_can_write_its_root(running: Running) -> None:
    for one in running.stack.inspect(running.stack.staying()):
        (uids,) = [line.split()[1:] for line in status_of(one["State"]["Pid"]) if line.startswith("Uid:")]
        assert "0" not in uids, one["Name"]
        assert one["HostConfig"]["ReadonlyRootfs"], one["Name"]


def status_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/status").read_text().splitlines()


def test_nothing_that_the_engine_tells_holds_a_secret(running: Running) -> None:
    stack = running.stack
    everyone = stack.compose("ps", "--all", "--quiet").split()
    told = stack.command("docker", "inspect", *everyone)
    folders = [stack.volume(f"secrets-{name}") for name in ("installation", "owners", *SERVICES)]
    secrets = {file.read_text().strip() for folder in folders for file in folder.rglob("surety_*")}
    assert len(secrets) > len(SERVICES)
    assert [secret for secret in secrets if secret in told] == []
    assert str(CONTAINED / "secrets" / "complaints") in told  # where they lie is told


def test_started_a_second_time_everything_that_serves_goes_on(running: Running) -> None:
    stack = running.stack
    before = served(stack)
    stack.up()
    assert served(stack) == before


def served(stack: Containers) -> set[tuple[str, str]]:
    """The containers that stay up, each with the time of its start."""
    return {(one["Id"], one["State"]["StartedAt"]) for one in stack.inspect(stack.staying())}


def test_a_process_that_serves_is_not_told_what_opens_every_row(running: Running) -> None:
    stack = running.stack
    password = (stack.volume("secrets-owners") / "risk" / "surety_database_owner_password").read_text()
    everything = "cat -- $(find /var/lib/surety -type f) /dev/null; env"
    assert password not in stack.compose("exec", "-T", "risk", "sh", "-c", everything)
    (operator,) = stack.volume("secrets-installation").glob("surety_operator_key")
    assert operator.read_text() not in stack.compose("exec", "-T", "gateway", "sh", "-c", everything)


async def worked(stack: Containers, disturbance: Coroutine[Any, Any, None], first: int = 0) -> list[Call]:
    """The calls of clients while something happens to the stack; `first` is the number of the first of them."""
    begun, disturbing = time.monotonic(), asyncio.create_task(disturbance)
    clients = [Client(stack, SEED, number, begun) for number in range(first, first + CLIENTS)]
    try:
        await asyncio.gather(*(client.work(lambda: not disturbing.done()) for client in clients))
    finally:
        disturbing.cancel()
    await disturbing
    return [call for client in clients for call in client.calls]


async def kill_each(stack: Containers) -> None:
    """End the main process of each container in turn, the next one when the one before has healed."""
    for container in await asyncio.to_thread(stack.staying):
        before = await asyncio.to_thread(served, stack)
        await asyncio.to_thread(stack.kill, container)
        await eventually(partial(healed, stack, before), f"{container} heals", HEAL_SECONDS)


async def healed(stack: Containers, before: set[tuple[str, str]]) -> bool:
    """Whether something was started again since, and everything is healthy."""
    return not await asyncio.to_thread(stack.unready) and await asyncio.to_thread(served, stack) != before


async def flaws(stack: Containers, calls: list[Call]) -> list[str]:
    """What the checker finds once everything has come to rest."""
    evidence = await gather(stack, await come_to_rest(stack, REST_SECONDS))
    return [f"{one.kind}: {one.evidence}" for one in check(calls, evidence)]


async def journals(stack: Containers) -> dict[str, str]:
    """A digest of each service's journal."""
    found = {}
    for service in SERVICES:
        async with stack.database(service) as connection:
            rows = await connection.fetch("SELECT journal::text FROM journal ORDER BY seq")
        found[service] = hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
    return found


async def test_all_heals_whoever_is_killed_and_a_backup_gives_back_the_same(running: Running, tmp_path: Path) -> None:
    stack = running.stack
    calls = await worked(stack, kill_each(stack))
    assert {"ok", "unknown"} <= {call.outcome for call in calls}
    assert await flaws(stack, calls) == []
    before, backup = await journals(stack), str(tmp_path / "backup")
    await asyncio.to_thread(stack.command, "deploy/backup.sh", backup)
    refused = await asyncio.to_thread(stack.refused, "deploy/restore.sh", backup)
    assert "docker compose down --volumes" in refused
    await asyncio.to_thread(stack.down, "--volumes")
    await asyncio.to_thread(stack.command, "deploy/restore.sh", backup)
    await asyncio.to_thread(stack.up)
    assert await journals(stack) == before
    assert await flaws(stack, calls) == []  # the broker, too, has what the journals tell


async def test_two_of_each_service_keep_every_promise_as_one_does() -> None:
    with containers(gateways=2) as stack:
        await asyncio.to_thread(stack.up, 2)
        assert len(stack.staying()) == 2 * len(SERVICES) + 2
        calls = await worked(stack, kill_each(stack))
        assert "ok" in {call.outcome for call in calls}
        assert await flaws(stack, calls) == []
        calls += await worked(stack, upgraded(stack), first=CLIENTS)
        assert await flaws(stack, calls) == []


async def upgraded(stack: Containers) -> None:
    """Have every service replaced by a newer one, and then started again, as after a rotation of secrets."""
    before = await asyncio.to_thread(served, stack)
    for service in SERVICES:
        stack.change(service, "SURETY_LOG_LEVEL", "warning")
    await asyncio.to_thread(stack.command, "deploy/upgrade.sh")
    after = await asyncio.to_thread(served, stack)
    assert len(after) == len(before)
    assert len(after & before) == len(SERVERS)
    await asyncio.to_thread(stack.command, "deploy/restart.sh", *SERVICES)
    again = await asyncio.to_thread(served, stack)
    assert {one for one, _ in again} == {one for one, _ in after}
    assert again & after == after & before
