"""The processes of an installation: what each is called, where it listens, what it is told when it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class StackError(Exception):
    """The stack cannot go on; the message is for the person who started it."""


SERVICES: Mapping[str, str] = {
    "gateway": "gateway",
    "complaints": "services.complaints",
    "projects": "services.projects",
    "risk": "services.risk",
    "satisfaction": "services.satisfaction",
}
"""The service's name, which is also the name of its database, its stream and its NATS user → its Python package."""

EDGE = "gateway"
BEHIND = tuple(service for service in SERVICES if service != EDGE)

MAILING = (EDGE, "complaints")
"""The services that send mail, and so are told where, and with which password."""

CONSUMES: Mapping[str, tuple[str, ...]] = {
    service: () if service == EDGE else tuple(other for other in SERVICES if other != service) for service in SERVICES
}
"""The producers whose events a service may consume: the edge none, every other service all others."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts of one installation find each other; `ports` are those that the services listen on.

    `public_url` is where people and machines outside find the gateway; it is also the issuer of access tokens.
    """

    listen: str
    ports: Mapping[str, int]
    urls: Mapping[str, str]
    public_url: str
    database_host: str
    database_port: int
    nats_url: str
    files_url: str


def loopback(base: int, database_host: str, files: Path) -> Addresses:
    """Addresses of the embedded stack: gateway at `base`, services after it, PostgreSQL and NATS last.

    `files` is the folder in which each service keeps its attachments in a folder of its own.
    """
    ports = {service: base + offset for offset, service in enumerate(SERVICES)}
    return Addresses(
        listen="127.0.0.1",
        ports=ports,
        urls={service: f"http://127.0.0.1:{port}" for service, port in ports.items()},
        public_url=f"http://127.0.0.1:{base}",
        database_host=database_host,
        database_port=base + len(SERVICES),
        nats_url=f"nats://127.0.0.1:{base + len(SERVICES) + 1}",
        files_url=files.as_uri(),
    )


CONTAINED = Path("/var/lib/surety")
"""Where a container of ours keeps what outlives it: `files/<service>`, `secrets/…`, `broker`, `superuser`."""

INSIDE_PORT = 8080
"""The port that each service listens on in a container of its own."""


def contained(public_url: str) -> Addresses:
    """Addresses of the compose stack, where each part has the host name of its service."""
    return Addresses(
        listen="0.0.0.0",  # noqa: S104 - the container's own network, of which one port is published
        ports=dict.fromkeys(SERVICES, INSIDE_PORT),
        urls={service: f"http://{service}:{INSIDE_PORT}" for service in SERVICES},
        public_url=public_url,
        database_host="postgres",
        database_port=5432,
        nats_url="nats://nats:4222",
        files_url=(CONTAINED / "files").as_uri(),
    )


def environment(service: str, addresses: Addresses, *secrets: Path) -> dict[str, str]:
    """The variables that one service's process is started with; `secrets` are the folders of what it is told."""
    variables = {
        "SURETY_SECRETS_DIR": os.pathsep.join(map(str, secrets)),
        "SURETY_HOST": addresses.listen,
        "SURETY_PORT": str(addresses.ports[service]),
        "SURETY_DATABASE_HOST": addresses.database_host,
        "SURETY_DATABASE_PORT": str(addresses.database_port),
        "SURETY_NATS_URL": addresses.nats_url,
        "SURETY_FILES_URL": f"{addresses.files_url}/{service}",
        "SURETY_GATEWAY_URL": addresses.urls[EDGE],
        "SURETY_ISSUER": addresses.public_url,
    }
    if service == EDGE:
        variables |= {f"SURETY_{other.upper()}_URL": addresses.urls[other] for other in BEHIND}
        # Whose word for a caller's address is taken (uvicorn's own setting): nobody's, unless a proxy stands in front.
        variables["FORWARDED_ALLOW_IPS"] = os.environ.get("FORWARDED_ALLOW_IPS", "")
    return variables


def serve(service: str, addresses: Addresses) -> list[str]:
    """The command that serves one service, after the name of the Python interpreter."""
    where = ["--host", addresses.listen, "--port", str(addresses.ports[service])]
    return ["-m", "uvicorn", f"{SERVICES[service]}.app:app_from_environment", "--factory", *where, *_UVICORN]


_UVICORN = (
    *("--log-level", "warning", "--no-access-log", "--no-server-header"),
    *("--http", "chassis.gathering:Protocol", "--ws", "none"),
    # Longer than a client keeps an idle connection, so that it is never closed under a request.
    *("--timeout-keep-alive", "75"),
    *("--timeout-graceful-shutdown", "10"),
)


def work(service: str) -> list[str]:
    """The command that runs one service's worker alone, after the name of the Python interpreter."""
    return ["-m", "chassis.worker", SERVICES[service]]


def migrate(service: str) -> list[str]:
    """The command that brings one service's database up to date, after the name of the Python interpreter."""
    return ["-m", "chassis.migrate", SERVICES[service]]


def rewrap(service: str) -> list[str]:
    """The command that wraps one service's keys by its present master key, after the name of the Python interpreter."""
    return ["-m", "chassis.rewrap", SERVICES[service]]
