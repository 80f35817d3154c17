"""The first journeys through the gateway with real processes, and the tour of the README as it is written."""

import json
import re
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.home import ROOT
from tests.e2e.own_stack import OwnStack, eventually
from tests.e2e.providers import provider_of_its_own

PUBLISHED = {
    "telephone": "+86 10 5555 0100",
    "web_address": "https://provider.example/complaints",
    "procedure": "We acknowledge, investigate, answer, and call you back.",
    "limits": {"acknowledge": 8, "decide": 80},
    "anonymous_allowed": True,
}
TOUR = re.compile(r"^```sh tour\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END_OF_BLOCK = "end of block"


@dataclass(frozen=True)
class People:
    """Who takes part: each an HTTP client of the gateway."""

    administrator: httpx.AsyncClient
    handler: httpx.AsyncClient
    reader: httpx.AsyncClient
    operator: httpx.AsyncClient
    anyone: httpx.AsyncClient


@pytest.fixture
async def people(stack: OwnStack) -> AsyncIterator[People]:
    roles = ("administrator", "complaint_handler", "reader", "operator")
    async with AsyncExitStack() as opened:
        clients = [await opened.enter_async_context(stack.client(role)) for role in (*roles, None)]
        yield People(*clients)


@pytest.fixture
async def stranger(stack: OwnStack, people: People) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator of another provider, with a token of its own, as soon as all services know the provider."""
    _, token = await provider_of_its_own(stack, people.operator, people.anyone)
    async with stack.client(key=token) as stranger:
        yield stranger


def created(answer: httpx.Response) -> dict[str, Any]:
    """What was created; the answer says where it is."""
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def publish_channel(people: People) -> dict[str, Any]:
    """A channel of a code of its own that holds from now on, and takes anonymous complaints."""
    drafted = {"code": f"web-{uuid4().hex[:8]}", "kind": "web", "name": "Complaint form"}
    channel = created(await people.administrator.post("/v1/channels", json=drafted))
    review = (datetime.now(UTC) + timedelta(days=365)).date().isoformat()
    address = f"/v1/channels/{channel['id']}/publish"
    published = await people.administrator.post(address, json=PUBLISHED | {"next_review_on": review})
    assert published.status_code == 200, published.text
    channel = published.json()
    assert channel["published"]["limits"] == PUBLISHED["limits"]
    return dict(channel)


async def register(people: People, channel: str, **more: Any) -> dict[str, Any]:
    """A complaint that staff register, with a telephone number to call."""
    party = {"name": "Wang Fang", "telephone": "+86 138 0000 0000"}
    body = {"channel": channel, "words": "A stranger could read our tickets.", "parties": [party]} | more
    return created(await people.handler.post("/v1/complaints", json=body))


async def signal_of(people: People, complaint_id: str) -> dict[str, Any]:
    """The one signal that a complaint becomes, as soon as it is there."""
    found: list[dict[str, Any]] = []

    async def raised() -> bool:
        answer = await people.reader.get("/v1/signals", params={"source": complaint_id})
        assert answer.status_code == 200, answer.text
        found[:] = answer.json()["items"]
        return bool(found)

    await eventually(raised, "the complaint raised a signal")
    (signal,) = found
    return signal


def test_the_first_start_writes_the_keys_for_their_owner_alone(stack: OwnStack) -> None:
    assert stat.S_IMODE(stack.home.credentials.stat().st_mode) == 0o600
    credentials = stack.credentials
    assert credentials["gateway"] == f"http://127.0.0.1:{stack.base}"
    assert credentials["provider"] == "demo"
    assert credentials["keys"].keys() == {"administrator", "complaint_lead", "complaint_handler", "reader", "operator"}
    assert all(key.startswith("sk_") for key in credentials["keys"].values())


@pytest.mark.feature("C1")
@pytest.mark.clause("8.2")
async def test_a_published_channel_is_seen_by_anyone(people: People) -> None:
    channel = await publish_channel(people)
    page = (await people.anyone.get("/v1/public/demo/channels", params={"limit": 200})).json()
    shown = next(one for one in page["items"] if one["code"] == channel["code"])
    assert {name: shown[name] for name in PUBLISHED} == PUBLISHED


@pytest.mark.feature("C3", "C4")
@pytest.mark.clause("8.2")
async def test_whoever_complains_without_a_name_follows_it_by_receipt_and_code(people: People) -> None:
    channel = await publish_channel(people)
    body = {"channel": channel["code"], "anonymous": True, "words": "Two days without the portal."}
    receipt = created(await people.anyone.post("/v1/public/demo/complaints", json=body))
    assert receipt["promised"] == PUBLISHED["limits"]
    address = f"/v1/public/demo/complaints/{receipt['receipt_number']}"
    tracked = await people.anyone.get(address, headers={"Receipt-Code": receipt["receipt_code"]})
    assert tracked.status_code == 200
    assert tracked.json()["state"] == "acknowledged"
    assert (await people.anyone.get(address, headers={"Receipt-Code": "0000000000"})).status_code == 404


@pytest.mark.feature("C2")
@pytest.mark.clause("8.2", "7.7")
async def test_a_complaint_goes_its_whole_way_from_intake_to_a_signal_of_risk(people: People) -> None:
    channel = await publish_channel(people)
    complaint = await register(people, channel["code"], concerns=["security"])
    address = f"/v1/complaints/{complaint['id']}"
    assert complaint["open_steps"][0]["step"] == "acknowledge"

    refused = await people.handler.post(f"{address}/acknowledge", json={"method": "telephone"})
    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "application/problem+json"
    codes = {objection["code"] for objection in refused.json()["objections"]}
    assert codes == {"limits_not_told", "receipt_number_not_told"}

    told = {"method": "telephone", "told_limits": True, "told_receipt_number": True, "words": "She was relieved."}
    acknowledged = await people.handler.post(f"{address}/acknowledge", json=told, headers={"If-Match": '"1"'})
    assert acknowledged.status_code == 200, acknowledged.text
    assert acknowledged.headers["ETag"] == '"2"'

    timeline = (await people.handler.get(f"{address}/timeline")).json()["items"]
    assert [(entry["version"], entry["type"].split(".")[2]) for entry in timeline] == [
        (1, "received"),
        (2, "acknowledged"),
    ]
    assert timeline[1]["contact"]["words"] == "She was relieved."
    assert timeline[1]["contact"]["quoted"]["limits"] == PUBLISHED["limits"]

    signal = await signal_of(people, complaint["id"])
    assert signal["reasons"] == ["security"]


async def test_a_repeated_request_has_one_effect(people: People) -> None:
    reference = {"system": "servicenow", "id": uuid4().hex}
    body = {"words": "Slow.", "parties": [{"address": "Location 1"}], "external_reference": reference}
    key = {"Idempotency-Key": str(uuid4())}
    first = await people.handler.post("/v1/complaints", json=body, headers=key)
    again = await people.handler.post("/v1/complaints", json=body, headers=key)
    assert created(first) == created(again)
    other = await people.handler.post("/v1/complaints", json=body)
    assert (other.status_code, other.json()["type"]) == (409, "urn:surety:problem:conflict")


async def test_a_token_without_the_permission_is_refused(people: People) -> None:
    body = {"words": "Slow.", "parties": [{"address": "Location 1"}]}
    channel = {"code": f"web-{uuid4().hex[:8]}", "kind": "web", "name": "Complaint form"}
    refused = {
        "a reader registers": await people.reader.post("/v1/complaints", json=body),
        "a handler draws up a channel": await people.handler.post("/v1/channels", json=channel),
        "a handler reads signals": await people.handler.get("/v1/signals"),
        "the operator reads complaints": await people.operator.get("/v1/complaints"),
        "an administrator registers a provider": await people.administrator.post("/v1/providers", json={}),
    }
    assert {what: answer.status_code for what, answer in refused.items()} == dict.fromkeys(refused, 403)


async def test_another_provider_gets_404_for_every_id(people: People, stranger: httpx.AsyncClient) -> None:
    channel = await publish_channel(people)
    complaint = await register(people, channel["code"], concerns=["safety"])
    signal = await signal_of(people, complaint["id"])
    told = {"method": "visit", "told_limits": True, "told_receipt_number": True}
    publish = PUBLISHED | {"next_review_on": "2099-12-31"}
    asked = {
        f"/v1/channels/{channel['id']}": None,
        f"/v1/channels/{channel['id']}/versions": None,
        f"/v1/channels/{channel['id']}/publish": publish,
        f"/v1/channels/{channel['id']}/retire": {},
        f"/v1/complaints/{complaint['id']}": None,
        f"/v1/complaints/{complaint['id']}/timeline": None,
        f"/v1/complaints/{complaint['id']}/acknowledge": told,
        f"/v1/signals/{signal['id']}": None,
    }
    for address, body in asked.items():
        answer = await (stranger.get(address) if body is None else stranger.post(address, json=body))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:surety:problem:not_found"), address
    for collection in ("channels", "complaints", f"signals?source={complaint['id']}", "signals"):
        assert (await stranger.get(f"/v1/{collection}")).json()["items"] == []


async def test_without_a_key_or_with_a_wrong_one_nothing_is_told(stack: OwnStack, people: People) -> None:
    assert (await people.anyone.get("/v1/complaints")).status_code == 401
    async with stack.client(key="sk_0123456789abcdef_" + "A" * 43) as stranger:
        assert (await stranger.get("/v1/complaints")).status_code == 401


def test_the_tour_of_the_readme_runs_as_written(stack: OwnStack) -> None:
    blocks = TOUR.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    script = f"echo {END_OF_BLOCK}\n".join(blocks)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    _, channel, anonymous, registered, acknowledged, handled, rest, imported, exported = done.stdout.split(
        f"{END_OF_BLOCK}\n"
    )
    assert json.loads(channel)["state"] == "published"
    receipt, tracked = documents(anonymous)
    assert tracked["receipt_number"] == receipt["receipt_number"]
    assert json.loads(registered)["priority"] == "high"
    refusal, done_now = documents(acknowledged)
    assert (refusal["status"], done_now["state"]) == (409, "acknowledged")
    for told in (
        "assessed",
        '"assigned"',
        "investigating",
        "response_ready",
        "approver_is_handler",
        "caller_is_handler",
    ):
        assert told in handled
    timeline, end = json.JSONDecoder().raw_decode(rest)
    assert [one["type"].split(".")[2] for one in timeline["items"]] == [
        "received",
        "acknowledged",
        "assessed",
        "assigned",
        "investigation_started",
        "proposed",
        "decided",
    ]
    signals = json.loads(rest[end:])["items"]
    assert ["security"] in [one["reasons"] for one in signals]  # and one because it is major, a moment later
    taken, refusals = documents(imported)
    assert (taken["state"], taken["refused"], refusals["items"]) == ("done", 0, [])
    assert receipt["receipt_number"] in exported


def documents(output: str) -> list[dict[str, Any]]:
    """The JSON documents that stand one after the other in an output."""
    found, rest = [], output.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found
