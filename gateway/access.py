"""Who may at the gateway itself, where routes also serve the operator, or are there before a provider is."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from chassis.access import (
    NO_PROVIDER,
    Access,
    Operating,
    Permitted,
    SignedIn,
    authenticate,
    need,
    open_work,
    refuse_writing,
)
from chassis.actors import Nobody
from chassis.db import INSTALLATION, UnitOfWork
from chassis.errors import FORBIDDEN, Problem, not_found
from chassis.ids import new_id
from chassis.runtime import runtime_of
from chassis.tokens import Caller
from contracts.base import Text
from gateway.invitations.schemas import JoinIn

FOR_PERSONS = Text("This is for people; machines have no such thing.", "此操作仅限个人，不适用于客户端。")
Signed = Annotated[Caller, Depends(authenticate)]
"""The caller by the token; raises 401."""
ProviderId = Annotated[UUID, Path(description="The provider's id.")]


class OfOneProvider(Permitted):
    """Opens a unit of work of the provider in the address, for its own people and the operator; 404 for others."""

    async def __call__(self, request: Request, provider_id: ProviderId) -> UnitOfWork:  # type: ignore[override]
        caller = authenticate(request)
        need(caller, self.permission)
        if caller.provider_id not in {None, provider_id}:
            raise not_found()
        return await open_work(request, provider_id, caller)


class OverProvider(Operating):
    """Opens a unit of work of the provider in the address, for the operator alone."""

    async def __call__(self, request: Request, provider_id: ProviderId) -> UnitOfWork:  # type: ignore[override]
        caller = await super().__call__(request)
        return await open_work(request, provider_id, caller)


class Founding(Operating):
    """Opens a unit of work of a provider that is being registered, with a new id, for the operator alone."""

    async def __call__(self, request: Request) -> UnitOfWork:  # type: ignore[override]
        caller = await super().__call__(request)
        return await open_work(request, new_id(), caller, claimed_within=INSTALLATION)


class OfCaller(SignedIn):
    """Opens a unit of work for every caller with a token: of the caller's provider, or of none for the operator."""

    async def __call__(self, request: Request) -> UnitOfWork:
        caller = authenticate(request)
        return await open_work(request, caller.provider_id or INSTALLATION, caller)


class OfPerson(SignedIn):
    """Opens a unit of work of the caller's provider for a person, what concerns the person alone; 403 for machines.

    `at_any_life` is for what only takes access away: it serves a provider that is suspended or leaving too.
    """

    def __init__(self, *, at_any_life: bool = False) -> None:
        self._at_any_life = at_any_life

    async def __call__(self, request: Request) -> UnitOfWork:
        caller = _person(request)
        provider = await runtime_of(request).providers.get(str(caller.provider_id))
        if not self._at_any_life:
            refuse_writing(request, provider)
        return await open_work(request, provider.provider_id, caller)


class Joining(SignedIn):
    """Opens a unit of work of the provider that a person wants to join, who may do nothing there yet."""

    async def __call__(self, request: Request, body: JoinIn) -> UnitOfWork:  # type: ignore[override]
        caller = _person(request)
        provider = await runtime_of(request).providers.get(body.provider)
        refuse_writing(request, provider)
        return await open_work(request, provider.provider_id, Nobody(caller.name))


def _person(request: Request) -> Caller:
    caller = authenticate(request)
    if caller.kind != "person":
        raise Problem(FORBIDDEN, FOR_PERSONS)
    return caller


class CallerAlone(SignedIn):
    """Admits every caller who has a provider, and opens no unit of work: for what waits for the services."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        caller = authenticate(request)
        if caller.provider_id is None:
            raise Problem(FORBIDDEN, NO_PROVIDER)
        return caller


class Anyone(Access):
    """Admits everybody to what has nothing of a provider."""

    permission = None

    async def __call__(self) -> None:
        """Nothing to do."""


def of_one_provider(permission: str) -> Any:
    """A dependency: a unit of work of the provider in the address, for its people and the operator."""
    return Depends(OfOneProvider(permission))


def over_provider(permission: str) -> Any:
    """A dependency: a unit of work of the provider in the address, for the operator."""
    return Depends(OverProvider(permission))


def founding(permission: str) -> Any:
    """A dependency: a unit of work of a new provider, for the operator."""
    return Depends(Founding(permission))


def of_caller() -> Any:
    """A dependency: a unit of work of the caller's provider, or of none for the operator."""
    return Depends(OfCaller())


def of_person(*, at_any_life: bool = False) -> Any:
    """A dependency: a unit of work of a person's provider, for what concerns the person alone."""
    return Depends(OfPerson(at_any_life=at_any_life))


def joining() -> Any:
    """A dependency: a unit of work of the provider in the body, for a person of another one."""
    return Depends(Joining())


def caller_alone() -> Any:
    """A dependency: any caller within a provider, without a unit of work."""
    return Depends(CallerAlone())


def anyone() -> Any:
    """A dependency of routes that anybody may call."""
    return Depends(Anyone())
