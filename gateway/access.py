"""Who may at the gateway itself, where routes also serve the operator, or are there before a provider is."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from chassis.access import Access, Operating, Permitted, authenticate, need, open_work
from chassis.db import INSTALLATION, UnitOfWork
from chassis.errors import not_found
from chassis.ids import new_id

ProviderId = Annotated[UUID, Path(description="The provider's id.")]


class OfOneProvider(Permitted):
    """Opens a unit of work of the provider in the address, for its own people and the operator; 404 for others."""

    async def __call__(self, request: Request, provider_id: ProviderId) -> AsyncIterator[UnitOfWork]:  # type: ignore[override]
        caller = authenticate(request)
        need(caller, self.permission)
        if caller.provider_id not in {None, provider_id}:
            raise not_found()
        async with open_work(request, provider_id, caller) as work:
            yield work


class OverProvider(Operating):
    """Opens a unit of work of the provider in the address, for the operator alone."""

    async def __call__(self, request: Request, provider_id: ProviderId) -> AsyncIterator[UnitOfWork]:  # type: ignore[override]
        caller = await super().__call__(request)
        async with open_work(request, provider_id, caller) as work:
            yield work


class Founding(Operating):
    """Opens a unit of work of a provider that is being registered, with a new id, for the operator alone."""

    async def __call__(self, request: Request) -> AsyncIterator[UnitOfWork]:  # type: ignore[override]
        caller = await super().__call__(request)
        async with open_work(request, new_id(), caller, claimed_within=INSTALLATION) as work:
            yield work


class Anyone(Access):
    """Admits everybody to what has nothing of a provider."""

    permission = None

    async def __call__(self) -> None:
        """Nothing to do."""


def of_one_provider(permission: str) -> Any:
    """A dependency: a unit of work of the provider in the address, for its people and the operator."""
    return Depends(OfOneProvider(permission), scope="function")


def over_provider(permission: str) -> Any:
    """A dependency: a unit of work of the provider in the address, for the operator."""
    return Depends(OverProvider(permission), scope="function")


def founding(permission: str) -> Any:
    """A dependency: a unit of work of a new provider, for the operator."""
    return Depends(Founding(permission), scope="function")


def anyone() -> Any:
    """A dependency of routes that anybody may call."""
    return Depends(Anyone())
