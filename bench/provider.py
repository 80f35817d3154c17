"""The provider that is measured: its channels and its machine client, made over the API like anybody's."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from deploy.home import Home
from deploy.seed import PROVIDER
from deploy.topology import StackError

Json = dict[str, Any]
CHANNELS = ("web", "telephone", "letter")
"""Kinds and codes of the channels that complaints come on; the first is the form's."""
PROMISE = {
    "telephone": "+86 10 5555 0100",
    "web_address": "https://provider.example/complaints",
    "hours": "Mo-Fr 09:00-18:00",
    "procedure": "We acknowledge, investigate, answer, and call you back.",
    "limits": {"acknowledge": 8, "decide": 80},
    "anonymous_allowed": True,
    "next_review_on": "2099-12-31",
}
WAIT_SECONDS, PAUSE = 120.0, 0.1


@dataclass(frozen=True)
class Machine:
    """The machine client: its API key for the gateway, id and secret for a token of its own."""

    gateway: str
    slug: str
    key: str
    client_id: str
    client_secret: str

    def token(self) -> str:
        """A fresh access token, for calls straight to a service; it ends after five minutes."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        answer = httpx.post(f"{self.gateway}/oauth/token", data=form, timeout=30.0, trust_env=False)
        return str(_right(answer, HTTPStatus.OK)["access_token"])


class Api:
    """The gateway as one client uses it; every answer that is not the expected one raises StackError."""

    def __init__(self, gateway: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=gateway, headers=headers, timeout=60.0, trust_env=False)

    def get(self, path: str, **query: Any) -> Json:
        """What stands there."""
        return _right(self.client.get(path, params=query), HTTPStatus.OK)

    def post(self, path: str, body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.CREATED) -> Json:
        """What came of it."""
        return _right(self.client.post(path, json=body), status)

    def upload(self, path: str, mapping: Json, file: bytes) -> Json:
        """What came of a file of past cases."""
        form, files = {"mapping": json.dumps(mapping)}, {"file": ("cases.csv", file)}
        return _right(self.client.post(path, data=form, files=files), HTTPStatus.ACCEPTED)

    def until(self, path: str, name: str, value: str) -> Json:
        """What stands there as soon as a field has a value; raises StackError after two minutes."""
        end = time.monotonic() + WAIT_SECONDS
        while (found := self.get(path))[name] != value:
            if time.monotonic() > end or found[name] == "failed":
                raise StackError(f"{path} has {name} {found[name]}, not {value}.")
            time.sleep(PAUSE)
        return found


def prepare(home: Home, gateway: str) -> Machine:
    """Publish the channels of the provider that every stack begins with, and make the client; once for each folder."""
    keys: dict[str, str] = json.loads(home.credentials.read_text())["keys"]
    administrator = Api(gateway, keys["administrator"])
    for code in CHANNELS:
        channel = administrator.post("/v1/channels", {"code": code, "kind": code, "name": code.capitalize()})
        administrator.post(f"/v1/channels/{channel['id']}/publish", PROMISE, HTTPStatus.OK)
    client = administrator.post("/v1/clients", {"name": "Measuring", "roles": ["complaint_lead"]})
    key = administrator.post(f"/v1/clients/{client['id']}/keys", {"name": "Measuring"})
    return Machine(gateway, str(PROVIDER["slug"]), str(key["key"]), client["id"], client["client_secret"])


def _right(answer: httpx.Response, status: HTTPStatus) -> Json:
    if answer.status_code != status:
        raise StackError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
    body: Json = answer.json()
    return body
