"""Who may at the gateway itself, where routes also serve the operator, or are there before a provider is."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from chassis import errors
from chassis.access import NO_PROVIDER, Access, Operating, Permitted, SignedIn, authenticate, need, open_work
from chassis.db import INSTALLATION, UnitOfWork
from chassis.errors import not_found
from chassis.ids import new_id
from chassis.tokens import Caller

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


class CallerAlone(SignedIn):
    """Admits every caller who has a provider, and opens no unit of work: for what waits for the services."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        caller = authenticate(request)
        if caller.provider_id is None:
            raise errors.Problem(errors.FORBIDDEN, NO_PROVIDER)
        return caller


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


def caller_alone() -> Any:
    """A dependency: any caller within a provider, without a unit of work."""
    return Depends(CallerAlone())


def anyone() -> Any:
    """A dependency of routes that anybody may call."""
    return Depends(Anyone())
