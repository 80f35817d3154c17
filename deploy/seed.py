"""The demonstration provider of a new stack, registered through the gateway like any other."""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from chassis.absence import absent
from deploy.secrets import write_private
from deploy.topology import StackError

with absent("pygments", "rich"):  # for its command line
    import httpx

PROVIDER = {
    "slug": "demo",
    "name": "Demonstration provider",
    "time_zone": "Asia/Shanghai",
    "language": "en",
    "working_hours": {
        day: [["09:00", "12:00"], ["13:00", "18:00"]]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    },
}
ADMINISTRATOR = "administrator"
OTHERS = ("reader",)
"""The roles that get a client with a key beside the administrator."""

LEAD, HANDLER = "complaint_lead", "complaint_handler"
PEOPLE = {LEAD: "Demonstration lead", HANDLER: "Demonstration handler"}
"""The roles that a person has, who is a member of staff; the handler is qualified and appointed."""

DUTY = "complaint_handling"
QUALIFIED = timedelta(days=730)
READS = ("/v1/complaints", "/v1/departments", "/v1/signals")
"""A read of each service that has any, by which one sees whether it knows the provider."""

KNOWN_SECONDS, PAUSE = 60.0, 0.1


class Caller:
    """One client of the gateway."""

    def __init__(self, gateway: str, key: str, identity: str) -> None:
        self._identity = identity
        self._client = httpx.Client(
            base_url=gateway, headers={"Authorization": f"Bearer {key}"}, timeout=30.0, trust_env=False
        )

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create something; after an interrupted start the same request has the same key, and so the same answer."""
        return self._send(path, body, HTTPStatus.CREATED)

    def step(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take a step of a record, in the same way."""
        return self._send(path, body, HTTPStatus.OK)

    def _send(self, path: str, body: Mapping[str, Any], expected: HTTPStatus) -> dict[str, Any]:
        request = f"{self._identity} {path} {json.dumps(body, sort_keys=True)}"
        headers = {"Idempotency-Key": str(uuid.uuid5(uuid.NAMESPACE_URL, request))}
        answer = self._client.post(path, json=body, headers=headers)
        if answer.status_code != expected:
            raise StackError(f"The gateway refused the demonstration provider: POST {path}: {answer.text}")
        made: dict[str, Any] = answer.json()
        return made

    def wait_until_known(self) -> None:
        """Wait until the services have heard of the provider."""
        end = time.monotonic() + KNOWN_SECONDS
        for path in READS:
            while (answer := self._client.get(path)).status_code != HTTPStatus.OK:
                if time.monotonic() > end:
                    raise StackError(f"The demonstration provider is still unknown: GET {path}: {answer.text}")
                time.sleep(PAUSE)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def seed(file: Path, operator_key: str, gateway: str, outside: str) -> None:
    """Register the demonstration provider on the first start, and write the keys to log in with to a file, mode 600.

    `gateway` is where it is reached from here, `outside` where clients reach it. Raises StackError when it refuses.
    """
    if not file.exists():
        keys = _register(gateway, operator_key)
        credentials = {"gateway": outside, "provider": PROVIDER["slug"], "keys": keys}
    else:
        credentials = json.loads(file.read_text()) | {"gateway": outside}
    write_private(file, json.dumps(credentials, indent=2) + "\n")


def _register(gateway: str, operator_key: str) -> dict[str, str]:
    """Register the provider with its clients and people; the key of each role that calls, and the operator's."""
    operator = Caller(gateway, operator_key, "operator")
    provider = operator.create("/v1/providers", PROVIDER)
    first = operator.create(f"/v1/providers/{provider['id']}/clients", _client(ADMINISTRATOR))
    operator.close()
    administrator = Caller(gateway, _token(gateway, first), ADMINISTRATOR)
    clients = {ADMINISTRATOR: first} | {role: administrator.create("/v1/clients", _client(role)) for role in OTHERS}
    keys = {
        role: str(administrator.create(f"/v1/clients/{client['id']}/keys", {"name": "Demonstration"})["key"])
        for role, client in clients.items()
    }
    administrator.wait_until_known()
    people = {role: _member(administrator, role) for role in PEOPLE}
    _staff(administrator, people[LEAD]["member"]["id"], people[HANDLER]["member"]["id"])
    administrator.close()
    of_people = {role: str(person["key"]) for role, person in people.items()}
    return keys | of_people | {"operator": operator_key}


def _member(administrator: Caller, role: str) -> dict[str, Any]:
    """Invite a person and accept for them; the member, and the key that they act with."""
    invited = administrator.create("/v1/invitations", {"name": PEOPLE[role], "language": "en", "roles": [role]})
    path = f"/v1/public/{PROVIDER['slug']}/invitations/accept"
    return administrator.create(path, {"secret": invited["secret"]})


def _staff(administrator: Caller, lead: str, handler: str) -> None:
    """A department with a team, headed by the lead, in which the handler is trained and appointed for complaints."""
    today = datetime.now(UTC).date()  # the provider's day is the same or the next one
    department = administrator.create("/v1/departments", {"code": "service", "name": "Service"})
    place = {"department_id": department["id"], "post": "service-agent"}
    administrator.create("/v1/staff", {"account_id": lead, **place})
    team = {"code": "complaint-desk", "kind": "team", "name": "Complaint desk", "parent_id": department["id"]}
    desk = administrator.create("/v1/departments", {**team, "head_id": lead})
    administrator.create("/v1/staff", {"account_id": handler, "team_id": desk["id"], **place})
    course = {"competence": DUTY, "kind": "business", "course": "Handling complaints", "planned_on": today.isoformat()}
    training = administrator.create("/v1/trainings", {"account_id": handler, **course})
    validity = {"valid_from": today.isoformat(), "valid_until": (today + QUALIFIED).isoformat()}
    steps: dict[str, dict[str, Any]] = {
        "take": {"taken_on": today.isoformat()},
        "pass": {"score": 90, "assessor_id": lead},
        "certify": {**validity, "evidence": "Certificate 1"},
    }
    for step, body in steps.items():
        administrator.step(f"/v1/trainings/{training['id']}/{step}", body)
    appointment = {"duty": DUTY, "dedicated": True, "share": 50, "begins_on": today.isoformat()}
    administrator.create("/v1/appointments", {"account_id": handler, **appointment, "document": "Appointment 1"})


def _client(role: str) -> dict[str, Any]:
    return {"name": role.replace("_", " ").capitalize(), "roles": [role]}


def _token(gateway: str, client: Mapping[str, Any]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": client["id"],
        "client_secret": client["client_secret"],
    }
    answer = httpx.post(f"{gateway}/oauth/token", data=form, timeout=30.0, trust_env=False)
    if answer.status_code != HTTPStatus.OK:
        raise StackError(f"The gateway refused a token for the demonstration provider: {answer.text}")
    return str(answer.json()["access_token"])
