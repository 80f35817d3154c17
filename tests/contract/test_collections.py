"""Addresses: every collection is entered once, at the service that holds it."""

import re
import tomllib
from typing import Any

import pytest

from tests.make.operations import Operation, operations
from tests.make.sources import ROOT

TABLES: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "contracts/collections.toml").read_text(encoding="utf-8"))
COLLECTIONS, RESERVED = TABLES["collections"], TABLES["reserved"]
AT_THE_EDGE = re.compile(
    r"/oauth/token|/\.well-known/[a-z.-]+|/docs(/.*)?|/openapi\.json|/metrics|/v1/me(/.*)?|/v1/people|/v1/messages(/.*)?"
)
STEP = re.compile(r"[a-z]+(-[a-z]+)*")

every_operation = pytest.mark.parametrize("operation", operations(), ids=str)


def collection_of(path: str) -> str | None:
    """The collection that an address belongs to; None for what is read of one service as a whole."""
    parts = path.split("/")
    if parts[1] != "v1" or len(parts) < 3:
        raise ValueError(f"{path} does not begin with /v1/<collection>")
    if parts[2] == "services":
        return None
    if parts[2] == "public":
        if len(parts) < 5 or parts[3] != "{provider}":
            raise ValueError(f"{path} does not begin with /v1/public/{{provider}}/<collection>")
        return parts[4]
    return parts[2]


@every_operation
def test_a_route_belongs_to_a_collection_of_its_service(operation: Operation) -> None:
    if AT_THE_EDGE.fullmatch(operation.path):
        assert operation.service == "gateway"
        return
    collection = collection_of(operation.path)
    if collection is None:
        assert operation.path.split("/")[3] == operation.service, "the gateway sends it to the service in the address"
        return
    assert collection not in RESERVED, f"{collection} means {RESERVED.get(collection)}"
    assert COLLECTIONS.get(collection) == operation.service, (
        f"enter {collection} for {operation.service} in contracts/collections.toml: names are flat, so each stands once"
    )


@every_operation
def test_an_address_is_flat_and_in_plain_words(operation: Operation) -> None:
    if AT_THE_EDGE.fullmatch(operation.path):
        return
    for part in operation.path.split("/")[1:]:
        assert STEP.fullmatch(part) or re.fullmatch(r"v1|\{[a-z_]+\}", part), part


@every_operation
def test_an_id_in_an_address_is_a_uuid(operation: Operation) -> None:
    parameters = [one for one in operation.description.get("parameters", []) if one["in"] == "path"]
    for parameter in parameters:
        if parameter["name"].endswith("_id"):
            assert parameter["schema"]["format"] == "uuid", parameter
        else:
            told = operation.path.startswith("/v1/public/") or operation.service == "gateway"
            assert told or parameter["name"] == "code", (
                f"{parameter['name']}: what is no id is told to people, and belongs to the public entry points; a code"
                " names a definition"
            )


def test_collections_are_found_in_addresses() -> None:
    assert collection_of("/v1/complaints/{complaint_id}/acknowledge") == "complaints"
    assert collection_of("/v1/public/{provider}/channels") == "channels"
    assert collection_of("/v1/services/risk/dead-letters") is None
    for path in ("/complaints", "/v2/complaints", "/v1", "/v1/public/channels"):
        with pytest.raises(ValueError, match="begin"):
            collection_of(path)
