"""Places of publication with their proofs and checks, made over HTTP as a client makes them."""

from collections.abc import Iterable

import httpx

from chassis.ids import new_id
from contracts.publications import ItemFound, PublishedItem
from tests.make.complaints import Json, made

ITEMS: tuple[PublishedItem, ...] = ("telephone", "web_address", "procedure", "limits")


def place(**changes: str) -> Json:
    """A place where the hotline is published."""
    return {"channel": "hotline", "kind": "site", "place": "https://provider.example/complaints"} | changes


def found(items: Iterable[PublishedItem] = ITEMS, **changes: ItemFound) -> Json:
    """All these items found as published, but for some."""
    return dict.fromkeys(items, "as_published") | changes


async def list_place(client: httpx.AsyncClient, **changes: str) -> Json:
    """A place that is listed."""
    return made(await client.post("/v1/publications", json=place(**changes)), 201)


async def prove(client: httpx.AsyncClient, publication_id: str, **form: str) -> str:
    """The id of a new file that shows a place."""
    files = {"file": ("screen.txt", f"What stands there {new_id()}".encode())}
    path = f"/v1/publications/{publication_id}/attachments"
    return str(made(await client.post(path, files=files, data={"purpose": "proof"} | form), 201)["id"])


async def send_check(client: httpx.AsyncClient, publication_id: str, **changes: object) -> httpx.Response:
    """The answer to a look at a place with a proof of its own that found all as published, but for some changes."""
    body = {"found": found(), **changes}
    if "proof" not in body:
        body["proof"] = await prove(client, publication_id)
    return await client.post(f"/v1/publications/{publication_id}/check", json=body)


async def check(client: httpx.AsyncClient, publication_id: str, **changes: object) -> Json:
    """A place that somebody has looked at."""
    return made(await send_check(client, publication_id, **changes))
