"""Cases at authorities, made over HTTP as a client makes them."""

from typing import Any

import httpx

from tests.make.complaints import Json, made, receive


def case(complaint_id: str, **changes: Any) -> Json:
    """A case of the citizens' hotline."""
    return {"complaint_id": complaint_id, "body": "12345", "reference": "GD-2026-001234"} | changes


async def register(client: httpx.AsyncClient, complaint_id: str | None = None, **changes: Any) -> Json:
    """A case that is attached to a complaint, a new one where none is named."""
    whose = complaint_id or str((await receive(client))["id"])
    return made(await client.post("/v1/external-cases", json=case(whose, **changes)), 201)


async def send_step(client: httpx.AsyncClient, external_case_id: str, step: str, **body: Any) -> httpx.Response:
    """The answer to a step of a case."""
    return await client.post(f"/v1/external-cases/{external_case_id}/{step}", json=body)


async def take(client: httpx.AsyncClient, external_case_id: str, step: str, **body: Any) -> Json:
    """A case that has taken a step."""
    return made(await send_step(client, external_case_id, step, **body))
