"""Members as people become members: invited, then accepting."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.make.broker import until_async
from tests.make.complaints import made
from tests.make.edge import Edge, Machine

PERSON = {"name": "王芳", "email": "wang.fang@provider.example", "language": "zh-CN"}


@dataclass(frozen=True)
class Person:
    """A member of a provider with an API key."""

    id: UUID
    provider_id: UUID
    key: str
    key_id: str


async def invitation(client: httpx.AsyncClient, *roles: str, **changes: Any) -> dict[str, Any]:
    """An invitation by who may invite, with its secret."""
    body = PERSON | {"roles": list(roles) or ["reader"]} | changes
    return made(await client.post("/v1/invitations", json=body), 201)


def where(invited: dict[str, Any]) -> tuple[str, str]:
    """The provider and the secret in an invitation's link."""
    slug, _, secret = str(invited["link"]).partition("#")[2].partition(".")
    return slug, secret


async def accepted(client: httpx.AsyncClient, invited: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the person who was invited gets for the link."""
    slug, secret = where(invited)
    answer = await client.post(f"/v1/public/{slug}/invitations/accept", json={"secret": secret} | changes)
    return made(answer, 201)


def person_of(accepted: dict[str, Any]) -> Person:
    """The person who accepted."""
    member = UUID(accepted["member"]["id"])
    return Person(member, UUID(accepted["provider_id"]), accepted["key"], accepted["key_id"])


async def member(edge: Edge, administrator: Machine | Person, *roles: str, **changes: Any) -> Person:
    """A member of an administrator's provider."""
    async with edge.client(administrator.key) as client, edge.client() as anyone:
        return person_of(await accepted(anyone, await invitation(client, *roles, **changes)))


async def ends(edge: Edge, key: str) -> None:
    """Waits until a key is refused, five seconds at most."""

    async def refused() -> bool:
        return (await edge.ask("GET", "/v1/me", key)).status_code == 401

    await until_async(refused, seconds=5)
