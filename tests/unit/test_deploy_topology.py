"""Where processes listen, what they are told, and what the broker lets them do."""

import os
from pathlib import Path

import pytest

from deploy.nats.configuration import configuration
from deploy.nats.permissions import permissions
from deploy.topology import BEHIND, CONSUMES, SERVICES, environment, loopback, serve

ADDRESSES = loopback(8080, "/run/sockets", Path("/stack/files"))


def test_the_gateway_has_the_base_port_and_nothing_shares_one() -> None:
    ports = [*ADDRESSES.ports.values(), ADDRESSES.database_port, int(ADDRESSES.nats_url.rpartition(":")[2])]
    assert ADDRESSES.ports["gateway"] == 8080
    assert sorted(ports) == list(range(8080, 8087))


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_told_its_own_secrets_and_port(service: str) -> None:
    variables = environment(service, ADDRESSES, Path("/secrets") / service)
    assert variables["SURETY_SECRETS_DIR"] == f"/secrets/{service}"
    more = environment(service, ADDRESSES, Path("/secrets") / service, Path("/owners") / service)
    assert more["SURETY_SECRETS_DIR"] == f"/secrets/{service}{os.pathsep}/owners/{service}"
    assert variables["SURETY_PORT"] == str(ADDRESSES.ports[service])
    assert str(ADDRESSES.ports[service]) in serve(service, ADDRESSES)


def test_only_the_gateway_is_told_where_the_services_are() -> None:
    told = {
        service: {name for name in environment(service, ADDRESSES, Path("/secrets")) if name.endswith("_URL")}
        for service in SERVICES
    }
    common = {"SURETY_NATS_URL", "SURETY_FILES_URL", "SURETY_GATEWAY_URL"}
    assert told.pop("gateway") == common | {f"SURETY_{service.upper()}_URL" for service in BEHIND}
    assert set(map(frozenset, told.values())) == {frozenset(common)}


def test_each_service_keeps_its_files_in_a_folder_of_its_own() -> None:
    folders = [environment(service, ADDRESSES, Path("/secrets"))["SURETY_FILES_URL"] for service in SERVICES]
    assert folders == [f"file:///stack/files/{service}" for service in SERVICES]


def test_no_service_consumes_its_own_events_and_the_gateway_consumes_none() -> None:
    assert CONSUMES["gateway"] == ()
    assert all(service not in producers for service, producers in CONSUMES.items())
    assert all("gateway" in CONSUMES[service] for service in BEHIND)


@pytest.mark.parametrize("service", SERVICES)
def test_no_permission_reaches_beyond_one_service(service: str) -> None:
    """A wildcard stands only at the end, after the service's own name or that of its durable."""
    may = permissions(service)
    for subject in (*may.publish, *may.subscribe):
        fixed = subject.removesuffix(".>")
        assert "*" not in fixed
        assert ">" not in fixed
        assert not subject.endswith(".>") or fixed.split(".")[-1].removeprefix("_INBOX_") == service


def test_every_acknowledged_message_is_on_the_disk() -> None:
    text = configuration({}, listen="127.0.0.1:4222", store="/data")
    assert "  sync_interval: always" in text.splitlines()
