"""Who calls while the API is fuzzed, and what each of them may be taught and must not end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from deploy.seed import ADMINISTRATOR, PROVIDER
from tests.e2e.own_stack import OwnStack, own_stack

FIRST_PORT = 25000
KNOWN_SECONDS = 60.0
KEPT = {
    "complaint_id": "complaints",
    "calendar_id": "calendars",
    "department_id": "departments",
    "account_id": "staff",
    "training_id": "trainings",
    "appointment_id": "appointments",
}
"""Parameters of addresses, and the list whose first record is meant."""


@dataclass(frozen=True)
class Caller:
    """One caller: its key, the operations it is let loose on, by a pattern of their ids, and ids that exist.

    `spared` are ids of what the caller lives by: a step that would end it goes to an id that is nobody's.
    """

    name: str
    key: str | None
    operations: str
    known: dict[str, str] = field(default_factory=dict)
    spared: tuple[str, ...] = ()


@contextmanager
def stack_without_limits() -> Iterator[OwnStack]:
    """A running stack, whose gateway refuses nobody for calling often."""
    with own_stack(FIRST_PORT) as stack:
        stack.lift_limits()
        stack.start()
        yield stack


def callers(stack: OwnStack) -> list[Caller]:
    """The callers of a new stack: an administrator, the operator, nobody, and an administrator whose provider ends.

    Public addresses and the token endpoint are nobody's, as every token is a hindrance there.
    """
    keys, gateway = stack.credentials["keys"], stack.credentials["gateway"]
    ending_id, ending_key = _ending_provider(gateway, keys["operator"])
    with _client(gateway, keys[ADMINISTRATOR]) as administrator:
        me = administrator.get("/v1/me").raise_for_status().json()
        lived_by = tuple(one["id"] for kind in ("clients", "keys") for one in _items(administrator, f"/v1/{kind}"))
        receipt = _receipt(gateway)
        known = {"provider_id": me["provider"]["id"]}
        for parameter, address in KEPT.items():
            known[parameter] = _items(administrator, f"/v1/{address}")[0]["id"]
    spared = (*lived_by, me["provider"]["id"])
    return [
        Caller("administrator", keys[ADMINISTRATOR], "", known, spared),
        Caller("operator", keys["operator"], "", {"provider_id": ending_id}, spared),
        Caller("nobody", None, "", {"provider": PROVIDER["slug"], **receipt}),  # type: ignore[dict-item]
        Caller("leaving", ending_key, "_provider|provider_archive", {"provider_id": ending_id}),
    ]


def _client(gateway: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=gateway, headers={"Authorization": f"Bearer {key}"}, timeout=30.0, trust_env=False)


def _items(client: httpx.Client, address: str) -> list[dict[str, str]]:
    items: list[dict[str, str]] = client.get(address).raise_for_status().json()["items"]
    return items


def _receipt(gateway: str) -> dict[str, str]:
    """A complaint made in public: what follows it, by the names of the parameters."""
    with httpx.Client(base_url=gateway, timeout=30.0, trust_env=False) as anybody:
        body = {"title": "The portal is down", "words": "Since Monday.", "parties": [{"telephone": "+86 10 5555 0100"}]}
        made = anybody.post(f"/v1/public/{PROVIDER['slug']}/complaints", json=body).raise_for_status().json()
    return {"receipt": made["receipt_number"], "receipt-code": made["receipt_code"]}


def _ending_provider(gateway: str, operator_key: str) -> tuple[str, str]:
    """A provider that may end: its id, and the key of its administrator."""
    with _client(gateway, operator_key) as operator:
        made = operator.post("/v1/providers", json=PROVIDER | {"slug": "ending"}).raise_for_status().json()
        address = f"/v1/providers/{made['id']}/clients"
        first = operator.post(address, json={"name": "First", "roles": [ADMINISTRATOR]}).raise_for_status().json()
        form = {"grant_type": "client_credentials"}
        by = (first["id"], first["client_secret"])
        token = httpx.post(f"{gateway}/oauth/token", data=form, auth=by, trust_env=False).raise_for_status().json()
    with _client(gateway, token["access_token"]) as administrator:
        key = administrator.post(f"/v1/clients/{first['id']}/keys", json={"name": "Key"}).raise_for_status().json()
        until = time.monotonic() + KNOWN_SECONDS
        while administrator.get("/v1/complaints").status_code != httpx.codes.OK:
            assert time.monotonic() < until, "the services do not hear of the provider"
            time.sleep(0.05)
    return made["id"], key["key"]
