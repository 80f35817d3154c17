"""Documents under control, made over HTTP as a client makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chassis.ids import new_id
from tests.make.complaints import made

Json = dict[str, Any]
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CONTENT = {"address": "https://documents.provider.example/complaints", "sha256": SHA256}


def draft(**changes: Any) -> Json:
    """What a version says of itself, whole; None takes a field away."""
    whole: Json = {
        "serves": ["8.2-2"],
        "binds": ["complaint_handler"],
        "summary": "First edition.",
        "content": CONTENT,
        "next_review_on": (datetime.now(UTC).date() + timedelta(days=365)).isoformat(),
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def document(**changes: Any) -> Json:
    """A document with a draft that only waits for its approval; None takes a field away."""
    whole: Json = {
        "code": f"d-{new_id().hex[-12:]}",
        "kind": "system",
        "title": "投诉受理和处理制度",
        "owner_id": str(new_id()),
    }
    return draft(**whole | changes)


async def create(client: httpx.AsyncClient, **changes: Any) -> Json:
    """A document that was entered."""
    return made(await client.post("/v1/documents", json=document(**changes)), 201)


async def step(client: httpx.AsyncClient, version_id: str, name: str, body: Json | None = None) -> Json:
    """A version after a step."""
    return made(await client.post(f"/v1/document-versions/{version_id}/{name}", json=body))


async def revise(client: httpx.AsyncClient, version_id: str) -> Json:
    """The draft of the next version, which says nothing yet."""
    return made(await client.post(f"/v1/document-versions/{version_id}/revise"), 201)


async def complete(client: httpx.AsyncClient, version_id: str, **changes: Any) -> Json:
    """A draft just made that only waits for its approval."""
    said = {name: value for name, value in draft(**changes).items() if name not in {"serves", "binds"}}
    path = f"/v1/document-versions/{version_id}"
    return made(await client.patch(path, json=said, headers={"If-Match": '"1"'}))


async def next_in_force(author: httpx.AsyncClient, approver: httpx.AsyncClient, version_id: str) -> Json:
    """The version that has superseded one."""
    following = await revise(author, version_id)
    await complete(author, following["id"])
    return await approve(approver, following["id"])


async def approve(client: httpx.AsyncClient, version_id: str, **body: Any) -> Json:
    """A version after its approval."""
    return await step(client, version_id, "approve", body)


async def in_force(author: httpx.AsyncClient, approver: httpx.AsyncClient, **changes: Any) -> Json:
    """A version that is in force: by one who wrote it, and another who approved it."""
    created = await create(author, **changes)
    return await approve(approver, created["newest"]["id"])


async def version(client: httpx.AsyncClient, version_id: str) -> Json:
    """A version as it is now."""
    return made(await client.get(f"/v1/document-versions/{version_id}"))


async def send(client: httpx.AsyncClient, version_id: str, content: bytes = b"The system.") -> httpx.Response:
    """The answer to a file that is added to a version."""
    path = f"/v1/document-versions/{version_id}/attachments"
    return await client.post(path, files={"file": ("system.txt", content)}, data={"purpose": "content"})
