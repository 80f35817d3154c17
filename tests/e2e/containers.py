"""A compose stack of the tests' own: a project, ports and volumes that nobody else has."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.home import ROOT
from deploy.topology import SERVICES
from tests.e2e.own_stack import LIMITS, free_base

COMMAND_SECONDS = 900.0
SERVERS = ("postgres", "nats")


def engine_fault() -> str | None:
    """Why no engine with compose answers on this machine; None where one does."""
    for command in (("docker", "info"), ("docker", "compose", "version")):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30.0)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{' '.join(command)}: {error}"
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip()}"
    return None


class Containers:
    """One project; containers are addressed by the names of their services."""

    def __init__(self, folder: Path, first_port: int, gateways: int = 1) -> None:
        self.folder = folder
        self._ports = [first_port + number for number in range(gateways)]
        self._urls = cycle(f"http://127.0.0.1:{port}" for port in self._ports)
        override = {
            "services": {
                "secrets": {"build": {"network": "host"}},
                "gateway": {"environment": {f"SURETY_{name.upper()}": "1000000" for name in LIMITS}},
            }
        }
        self._override = folder / "override.json"
        self._override.write_text(json.dumps(override))
        files = (ROOT / "deploy" / "docker-compose.yml", self._override)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SURETY_")},
            "COMPOSE_PROJECT_NAME": f"surety-test-{first_port}",
            "COMPOSE_FILE": ":".join(map(str, files)),
            "SURETY_PORT": str(self._ports[0]),
            "SURETY_LAST_PORT": str(self._ports[-1]),
        }
        self.credentials: dict[str, Any] = {}
        self._replicas = 1

    @property
    def ports(self) -> list[int]:
        """The ports of the loopback address that the gateways are published on."""
        return self._ports

    def command(self, *command: str) -> str:
        """What a command prints; fails the test when it fails."""
        done = self._run(command)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def refused(self, *command: str) -> str:
        """What a command says that refuses; fails the test when it does not."""
        done = self._run(command)
        assert done.returncode != 0, f"{command}: {done.stdout[-2000:]}"
        return done.stderr

    def _run(self, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=COMMAND_SECONDS
        )

    def compose(self, *arguments: str) -> str:
        """What `docker compose` prints."""
        return self.command("docker", "compose", *arguments)

    def up(self, replicas: int = 1) -> None:
        """Build and start everything, and wait until it is healthy; the demonstration provider is registered."""
        self._replicas = replicas
        scale = [part for service in SERVICES if replicas > 1 for part in ("--scale", f"{service}={replicas}")]
        self.compose("up", "--build", "--wait", *scale)
        self.credentials = json.loads(self.compose("run", "--rm", "--no-deps", "-T", "seed"))

    def down(self, *options: str) -> None:
        """Stop and remove the containers."""
        self.compose("--profile", "seed", "--profile", "keeper", "down", *options)

    def staying(self) -> list[str]:
        """The ids of the containers that are to stay up."""
        return self.compose("ps", "--quiet", *SERVERS, *SERVICES).split()

    def inspect(self, containers: list[str]) -> list[dict[str, Any]]:
        """What the engine knows of containers."""
        found: list[dict[str, Any]] = json.loads(self.command("docker", "inspect", *containers))
        return found

    def kill(self, container: str) -> None:
        """End a container's main process as a crash would; the engine is not asked, which would keep it down."""
        (found,) = self.inspect([container])
        pid = found["State"]["Pid"]
        assert pid > 0, f"{found['Name']} does not run"  # 0 would be the tests themselves
        os.kill(pid, signal.SIGKILL)

    def client(self, role: str) -> httpx.AsyncClient:
        """An HTTP client with the key of a role, of each gateway in turn."""
        headers = {"Authorization": f"Bearer {self.credentials['keys'][role]}"}
        return httpx.AsyncClient(base_url=next(self._urls), headers=headers, timeout=20.0)

    @asynccontextmanager
    async def database(self, service: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """The superuser's connection to a service's database, inside the network that nobody outside reaches."""
        host, password = await asyncio.to_thread(self._server)
        connection = await asyncpg.connect(host=host, user="postgres", password=password, database=service)
        try:
            yield connection
        finally:
            connection.terminate()  # which waits for no answer: the server may be standing still

    def unready(self) -> list[str]:
        """The containers that are not healthy, and how many are gone, each as a sentence."""
        ids = self.staying()
        gone = len(SERVERS) + self._replicas * len(SERVICES) - len(ids)
        healths = {one["Name"]: one["State"].get("Health", {}).get("Status") for one in self.inspect(ids)}
        restless = [f"{name} is {health}" for name, health in healths.items() if health != "healthy"]
        return [*restless, *([f"{gone} containers are gone"] if gone else [])]

    def change(self, service: str, variable: str, value: str) -> None:
        """Have a service told something else from its next container on, as a new version of it would be."""
        override = json.loads(self._override.read_text())
        told = override["services"].setdefault(service, {}).setdefault("environment", {})
        told[variable] = value
        self._override.write_text(json.dumps(override))

    @property
    def streams(self) -> Path:
        """The folder in which the broker keeps its streams."""
        return self.volume("nats") / "jetstream"

    def volume(self, name: str) -> Path:
        """The folder of a volume on the host."""
        project = self.environment["COMPOSE_PROJECT_NAME"]
        return Path(self.command("docker", "volume", "inspect", "-f", "{{.Mountpoint}}", f"{project}_{name}").strip())

    def _server(self) -> tuple[str, str]:
        (found,) = self.inspect(self.compose("ps", "--quiet", "postgres").split())
        (network,) = found["NetworkSettings"]["Networks"].values()
        return network["IPAddress"], (self.volume("superuser") / "password").read_text()


@contextmanager
def containers(gateways: int = 1) -> Iterator[Containers]:
    """A project that is not started yet; afterwards its containers, volumes and networks are removed."""
    folder = Path(tempfile.mkdtemp(prefix="surety-"))
    stack = Containers(folder, free_base(26000), gateways)
    try:
        yield stack
    finally:
        stack.down("--volumes", "--timeout", "5")
        shutil.rmtree(folder)
