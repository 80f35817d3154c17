"""Providers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.access import IfMatch, RequiredIfMatch, of_installation
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.runtime import runtime_of
from chassis.schemas import open_steps_out, tag
from chassis.tables import Provider
from contracts.gateway import ProviderState
from gateway.access import founding, of_one_provider, over_provider
from gateway.providers import actions, queries
from gateway.providers.models import Profile, Registration
from gateway.providers.rules import LIFECYCLE
from gateway.providers.schemas import ChangeIn, ProviderItem, ProviderOut, ProviderQuery, ReasonIn, RegisterIn

router = APIRouter(prefix="/v1", tags=["providers"], route_class=IdempotentRoute)

Suspending = Annotated[UnitOfWork, over_provider("gateway.provider.suspend")]
Leaving = Annotated[UnitOfWork, of_one_provider("gateway.provider.leave")]
Holding = Annotated[UnitOfWork, over_provider("gateway.provider.hold")]


@router.post("/providers", status_code=201)
async def register_provider(
    body: RegisterIn,
    work: Annotated[UnitOfWork, founding("gateway.provider.register")],
    response: Response,
    language: Language,
) -> ProviderOut:
    """Registers a provider (登记供方); every service learns of it within moments."""
    profile = await actions.register(work, body)
    out = _out(work, profile, response, language)
    tag(response, profile.version, f"/v1/providers/{profile.id}")
    return out


@router.get("/providers")
async def list_providers(
    asked: Annotated[ProviderQuery, Query()], work: Annotated[UnitOfWork, of_installation("gateway.provider.read")]
) -> Page[ProviderItem]:
    """All providers of the installation."""
    rows, states = await queries.list_providers(work, asked)
    items = [_item(row, states[row.id]) for row in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/providers/{provider_id}")
async def read_provider(
    provider_id: UUID,
    work: Annotated[UnitOfWork, of_one_provider("gateway.provider.read")],
    response: Response,
    language: Language,
) -> ProviderOut:
    """A provider's profile: for its own people, and for the operator."""
    return _out(work, await work.find(Profile, provider_id), response, language)


@router.patch("/providers/{provider_id}")
async def change_provider(
    provider_id: UUID,
    body: ChangeIn,
    work: Annotated[UnitOfWork, of_one_provider("gateway.provider.change")],
    response: Response,
    language: Language,
    expected: RequiredIfMatch,
) -> ProviderOut:
    """Changes a provider's profile; the short name stays for good, because addresses are made of it."""
    return _out(work, await actions.change(work, body, expected), response, language)


@router.post("/providers/{provider_id}/suspend")
async def suspend_provider(
    provider_id: UUID, body: ReasonIn, work: Suspending, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Suspends a provider (暂停): within five seconds its people can read everywhere, and write nothing."""
    return _out(work, await actions.suspend(work, body, expected), response, language)


@router.post("/providers/{provider_id}/resume")
async def resume_provider(
    provider_id: UUID, work: Suspending, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Has a suspended provider go on (恢复)."""
    return _out(work, await actions.resume(work, expected), response, language)


@router.post("/providers/{provider_id}/leave")
async def leave_provider(
    provider_id: UUID, body: ReasonIn, work: Leaving, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Has a provider leave (退出): it reads, takes its archives along, and is erased later."""
    return _out(work, await actions.leave(work, body, expected), response, language)


@router.post("/providers/{provider_id}/stay")
async def stay_provider(
    provider_id: UUID, work: Leaving, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Has a provider that was leaving stay (留下); where the operator had it suspended or leave, only the operator."""
    return _out(work, await actions.stay(work, expected), response, language)


@router.post("/providers/{provider_id}/confirm-archive")
async def confirm_provider_archive(
    provider_id: UUID, work: Leaving, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Confirms, by the provider itself, that its archives have arrived whole: it can be erased from now on."""
    return _out(work, await actions.confirm_archive(work, expected), response, language)


@router.post("/providers/{provider_id}/erase")
async def erase_provider(
    provider_id: UUID,
    work: Annotated[UnitOfWork, over_provider("gateway.provider.erase")],
    request: Request,
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ProviderOut:
    """Erases a provider that has left, for good (删除): keys and tokens end at once, all it has goes."""
    return _out(work, await actions.erase(work, expected, runtime_of(request).clock), response, language)


@router.post("/providers/{provider_id}/hold")
async def hold_provider(
    provider_id: UUID, work: Holding, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Lays a legal hold on a provider (法律保全): nothing of it is erased, neither persons nor the whole."""
    return _out(work, await actions.hold(work, expected), response, language)


@router.post("/providers/{provider_id}/release")
async def release_provider(
    provider_id: UUID, work: Holding, response: Response, language: Language, expected: IfMatch
) -> ProviderOut:
    """Lifts the legal hold (解除法律保全)."""
    return _out(work, await actions.release(work, expected), response, language)


def _item(row: Registration, copy: Provider) -> ProviderItem:
    state = ProviderState.model_validate(copy.state).model_dump(exclude={"life", "cause", "calendar", "provider_id"})
    standing = {"state": copy.state.get("life", "active"), "reason": copy.state.get("cause"), "version": copy.version}
    return ProviderItem.model_validate({**state, **standing, "id": row.id, "updated_at": row.updated_at})


def _out(work: UnitOfWork, profile: Profile, response: Response, language: str) -> ProviderOut:
    tag(response, profile.version)
    steps = LIFECYCLE.open_steps(profile, actions.facts_of(work), actor=work.actor, now=work.now)
    item = ProviderItem.model_validate(profile)
    return ProviderOut(**item.model_dump(), created_at=profile.created_at, open_steps=open_steps_out(steps, language))
