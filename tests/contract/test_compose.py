"""The compose stack runs what the embedded stack runs, told the same, and nothing of it stands open."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.nats import server
from deploy.postgres import ENVIRONMENT, LOCALE, SERVER
from deploy.stack import MAIL
from deploy.topology import CONTAINED, EDGE, INSIDE_PORT, MAILING, SERVICES, contained, environment

ROOT = Path(__file__).parents[2]
PUBLIC_URL = "http://127.0.0.1:8080"
SERVERS = ("postgres", "nats")
STAYING = (*SERVERS, *SERVICES)
ONCE = ("secrets", "bootstrap", "migrations", "seed", "keeper")
PRINTING = ("seed", "keeper")
"""What prints secrets for who asked."""

OTHER_FILES = {"SURETY_SMTP_PASSWORD"}
"""Of mail what is a file among the secrets here."""

MORE = {"max_connections": "400", "wal_keep_size": "1GB"}
"""What the server of containers is told beyond the embedded one: for two of each service, and for backups."""


def read() -> dict[str, Any]:
    """The compose file with what its variables say by default."""
    text, found = (ROOT / "deploy" / "docker-compose.yml").read_text(encoding="utf-8"), 1
    while found:  # a default may be another variable, with its own
        text, found = re.subn(r"\$\{\w+:-([^${}]*)\}", r"\1", text)
    stack: dict[str, Any] = yaml.safe_load(text)
    return stack


STACK = read()
PARTS: dict[str, Any] = STACK["services"]


def test_it_has_the_servers_the_services_and_what_prepares_them() -> None:
    assert set(PARTS) == {*STAYING, *ONCE}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_and_started_as_in_the_embedded_stack(service: str) -> None:
    told = environment(service, contained(PUBLIC_URL), CONTAINED / "secrets" / service)
    given = {name: value or "" for name, value in PARTS[service]["environment"].items() if name not in MAIL}
    assert given == told
    told_of_mail = {name for name in PARTS[service]["environment"] if name in MAIL}
    assert told_of_mail == (MAIL - OTHER_FILES if service in MAILING else set())
    assert PARTS[service]["command"] == ["serve", service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_its_own_secrets_and_files_alone(service: str) -> None:
    assert PARTS[service]["volumes"] == [
        f"secrets-{service}:{CONTAINED}/secrets/{service}:ro",
        f"files-{service}:{CONTAINED}/files/{service}",
    ]


READ = frozenset(f"secrets-{service}:ro" for service in SERVICES)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("secrets", {"secrets-installation", "secrets-owners", *(one.removesuffix(":ro") for one in READ)}),
        ("bootstrap", {"secrets-installation", "secrets-owners:ro", *READ}),
        ("migrations", {"secrets-owners:ro", *READ}),
        ("seed", {"secrets-installation"}),
        ("keeper", {"secrets-installation", *(one.removesuffix(":ro") for one in READ)}),
        ("postgres", set()),
        ("nats", set()),
    ],
)
def test_no_other_container_sees_more_secrets_than_it_needs(name: str, seen: set[str]) -> None:
    mounted = (volume.split(":") for volume in PARTS[name]["volumes"] if volume.startswith("secrets-"))
    found = {f"{volume}:{mode[0]}" if mode else volume for volume, place, *mode in mounted if mounts(volume, place)}
    assert found == seen


def mounts(volume: str, place: str) -> bool:
    """Whether a volume of secrets is mounted where our code looks for it."""
    return place == f"{CONTAINED}/secrets/{volume.removeprefix('secrets-')}"


def test_the_servers_are_told_what_the_embedded_ones_are() -> None:
    _, *options = PARTS["postgres"]["command"]
    assert dict(one.split("=", 1) for one in options[1::2]) == SERVER | MORE
    assert set(options[::2]) == {"-c"}
    told = PARTS["postgres"]["environment"]
    assert told["POSTGRES_INITDB_ARGS"].split() == list(LOCALE)
    assert {name: value for name, value in told.items() if not name.startswith("POSTGRES_")} == ENVIRONMENT
    assert PARTS["nats"]["environment"] == server.ENVIRONMENT


def test_the_gateway_alone_is_published_and_on_the_loopback_address() -> None:
    assert {name: part["ports"] for name, part in PARTS.items() if "ports" in part} == {
        EDGE: [f"127.0.0.1:8080-8080:{INSIDE_PORT}"]
    }


def test_nothing_leads_out_but_for_the_gateway_and_the_mail_of_complaints() -> None:
    more = {name: set(part["networks"]) - {"inside"} for name, part in PARTS.items() if "networks" in part}
    assert {name: networks for name, networks in more.items() if networks} == {
        EDGE: {"outside"},
        "complaints": {"mail"},
    }
    assert STACK["networks"] == {"inside": {"internal": True}, "outside": {}, "mail": {}}
    assert {name for name, part in PARTS.items() if part.get("network_mode") == "none"} == set(PARTS) - set(more)


@pytest.mark.parametrize("name", STAYING)
def test_what_stays_up_is_watched_restarted_and_bounded(name: str) -> None:
    part = PARTS[name]
    assert {"test", "interval", "timeout", "retries"} <= set(part["healthcheck"])
    assert part["restart"] == "unless-stopped"
    assert set(part["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert all(one["condition"].startswith("service_") for one in part["depends_on"].values())


@pytest.mark.parametrize("name", PARTS)
def test_no_container_can_write_its_root_or_gain_a_right(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    if name in PRINTING:
        assert part["logging"] == {"driver": "none"}
    else:
        assert part["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    user = part.get("user") or of_image()
    assert user not in {"root", "0", "0:0"}


def of_image() -> str:
    """Who a container of our image runs as."""
    (user,) = re.findall(r"^USER (\w+)$", (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    return str(user)


def test_no_secret_is_a_variable() -> None:
    secret = re.compile(r"PASSWORD|SEED|KEY|SECRET")
    named = {name for part in PARTS.values() for name in part.get("environment", {}) if secret.search(name)}
    assert named == {"POSTGRES_PASSWORD_FILE", "SURETY_SECRETS_DIR"}
