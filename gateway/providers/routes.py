"""Providers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import RequiredIfMatch, of_installation
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.paging import Page
from chassis.schemas import tag
from gateway.access import founding, of_one_provider
from gateway.providers import actions, queries
from gateway.providers.models import Profile
from gateway.providers.schemas import ChangeIn, ProviderItem, ProviderOut, ProviderQuery, RegisterIn

router = APIRouter(prefix="/v1", tags=["providers"], route_class=IdempotentRoute)


@router.post("/providers", status_code=201)
async def register_provider(
    body: RegisterIn, work: Annotated[UnitOfWork, founding("gateway.provider.register")], response: Response
) -> ProviderOut:
    """Registers a provider (登记供方); every service learns of it within moments."""
    profile = await actions.register(work, body)
    tag(response, profile.version, f"/v1/providers/{profile.id}")
    return ProviderOut.model_validate(profile)


@router.get("/providers")
async def list_providers(
    asked: Annotated[ProviderQuery, Query()], work: Annotated[UnitOfWork, of_installation("gateway.provider.read")]
) -> Page[ProviderItem]:
    """All providers of the installation."""
    rows, states = await queries.list_providers(work, asked)
    items = [
        ProviderItem.model_validate(
            {**states[row.id].state, "id": row.id, "version": states[row.id].version, "updated_at": row.updated_at}
        )
        for row in rows.items
    ]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/providers/{provider_id}")
async def read_provider(
    provider_id: UUID, work: Annotated[UnitOfWork, of_one_provider("gateway.provider.read")], response: Response
) -> ProviderOut:
    """A provider's profile: for its own people, and for the operator."""
    profile = await work.find(Profile, provider_id)
    tag(response, profile.version)
    return ProviderOut.model_validate(profile)


@router.patch("/providers/{provider_id}")
async def change_provider(
    provider_id: UUID,
    body: ChangeIn,
    work: Annotated[UnitOfWork, of_one_provider("gateway.provider.change")],
    response: Response,
    expected: RequiredIfMatch,
) -> ProviderOut:
    """Changes a provider's profile; the short name stays for good, because addresses are made of it."""
    profile = await actions.change(work, provider_id, body, expected)
    tag(response, profile.version)
    return ProviderOut.model_validate(profile)
