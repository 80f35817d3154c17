"""Providers of a test's own on a running stack, and keys with which machines act there."""

from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.own_stack import OwnStack, eventually
from tests.make.complaints import Json, made

PROFILE = {"name": "Another provider", "time_zone": "UTC", "language": "en", "working_hours": {}}


async def machine_key(anyone: httpx.AsyncClient, client: Json) -> str:
    """The token of a machine that was registered with a secret; it holds five minutes."""
    secret = {"client_id": client["id"], "client_secret": client["client_secret"]}
    answer = await anyone.post("/oauth/token", data={"grant_type": "client_credentials"} | secret)
    return str(made(answer)["access_token"])


async def provider_of_its_own(
    stack: OwnStack, operator: httpx.AsyncClient, anyone: httpx.AsyncClient, **profile: Any
) -> tuple[str, str]:
    """Slug and administrator's token of a provider that is registered now, as soon as all services know it."""
    slug = f"p-{uuid4().hex[:12]}"
    registered = made(await operator.post("/v1/providers", json=PROFILE | {"slug": slug} | profile), 201)
    first = {"name": "Administrator", "roles": ["administrator"]}
    client = made(await operator.post(f"/v1/providers/{registered['id']}/clients", json=first), 201)
    token = await machine_key(anyone, client)
    async with stack.client(key=token) as administrator:

        async def known() -> bool:
            collections = ("channels", "complaints", "departments", "signals")
            answers = [await administrator.get(f"/v1/{one}") for one in collections]
            assert {answer.status_code for answer in answers} <= {200, 503}
            return all(answer.status_code == 200 for answer in answers)

        await eventually(known, "all services know the provider")
    return slug, token
