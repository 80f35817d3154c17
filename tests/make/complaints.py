"""Channels and complaints, made over HTTP as a client makes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chassis.app import create_app
from services.complaints.app import SERVICE
from tests.make.house import House, Tenant

Json = dict[str, Any]


@dataclass
class SetClock:
    """A clock that a test sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, time: timedelta) -> datetime:
        """The instant after some time has gone by."""
        self.now += time
        return self.now


@asynccontextmanager
async def complaints_by(house: House, clock: SetClock) -> AsyncIterator[House]:
    """The same house, as a process of complaints sees it whose clock the test sets (not to the future)."""
    app = create_app(SERVICE, house.settings("complaints", worker="off"), clock=clock)
    async with app.router.lifespan_context(app):
        yield House(house.servers, {"complaints": app})


def promise(**changes: Any) -> Json:
    """What is published on a channel, whole; None takes a field away."""
    whole: Json = {
        "telephone": "+86 10 5555 0100",
        "web_address": "https://provider.example/complaints",
        "hours": "Mo-Fr 09:00-18:00",
        "procedure": "We acknowledge, investigate, answer, and call you back.",
        "limits": {"acknowledge": 8, "decide": 80},
        "next_review_on": (datetime.now(UTC).date() + timedelta(days=365)).isoformat(),
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def complaint(**changes: Any) -> Json:
    """A complaint with somebody to reach and something to say; None takes a field away."""
    whole: Json = {
        "words": "The portal has been down since yesterday.",
        "parties": [{"name": "王芳", "telephone": "+86 138 0000 0000"}],
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def contact(**changes: Any) -> Json:
    """A telephone call in which limits and receipt number were told."""
    return {"method": "telephone", "told_limits": True, "told_receipt_number": True} | changes


async def create_channel(client: httpx.AsyncClient, code: str = "hotline", **changes: Any) -> Json:
    """A channel that is drawn up."""
    body = {"code": code, "kind": "telephone", "name": "Complaint hotline"} | changes
    return made(await client.post("/v1/channels", json=body), 201)


async def publish_channel(client: httpx.AsyncClient, channel_id: str, **changes: Any) -> Json:
    """The channel with its next version published."""
    return made(await client.post(f"/v1/channels/{channel_id}/publish", json=promise(**changes)))


async def open_channel(client: httpx.AsyncClient, code: str = "hotline", **changes: Any) -> Json:
    """A channel that is published."""
    return await publish_channel(client, (await create_channel(client, code))["id"], **changes)


async def receive(client: httpx.AsyncClient, **changes: Any) -> Json:
    """A complaint that staff registered."""
    return made(await client.post("/v1/complaints", json=complaint(**changes)), 201)


async def complain(client: httpx.AsyncClient, tenant: Tenant, **changes: Any) -> Json:
    """The receipt of a complaint that somebody made without a login."""
    return made(await client.post(f"/v1/public/{tenant.slug}/complaints", json=complaint(**changes)), 201)


async def acknowledge(client: httpx.AsyncClient, complaint_id: str, **changes: Any) -> Json:
    """A complaint whose complainant was told that it arrived."""
    return made(await client.post(f"/v1/complaints/{complaint_id}/acknowledge", json=contact(**changes)))


async def timeline(client: httpx.AsyncClient, complaint_id: str) -> list[Json]:
    """All entries of a complaint's timeline."""
    entries: list[Json] = made(await client.get(f"/v1/complaints/{complaint_id}/timeline"))["items"]
    return entries


def made(response: httpx.Response, status: int = 200) -> Json:
    """The body of an answer that must have this status."""
    assert response.status_code == status, response.text
    body: Json = response.json()
    return body


def objected(response: httpx.Response) -> list[str]:
    """The codes of all that stands against a refused step."""
    return [one["code"] for one in made(response, 409)["objections"]]


def faulted(response: httpx.Response) -> list[tuple[str, str]]:
    """Pointer and code of each value that is not valid."""
    return [(one["pointer"], one["code"]) for one in made(response, 422)["errors"]]


def moment(text: str) -> datetime:
    """An instant of an answer."""
    return datetime.fromisoformat(text)
