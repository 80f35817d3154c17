"""What is done to providers."""

from typing import Any
from uuid import UUID

from sqlalchemy import update

from chassis.db import UnitOfWork
from chassis.providers import keep_provider
from contracts.gateway import ProviderChanged, ProviderRegistered, ProviderState
from gateway.providers.models import Profile, Registration
from gateway.providers.schemas import ChangeIn, RegisterIn


async def register(work: UnitOfWork, body: RegisterIn) -> Profile:
    """Registers the provider that the unit of work is for; 409 when the short name is taken."""
    profile = Profile(
        provider_id=work.provider_id,
        id=work.provider_id,
        created_at=work.now,
        slug=body.slug,
        **_described(body),
    )
    registration = Registration(id=work.provider_id, slug=body.slug, registered_at=work.now, updated_at=work.now)
    work.add(profile, registration)
    await _tell(work, profile, ProviderRegistered(**_shared(profile)))
    return profile


async def change(work: UnitOfWork, provider_id: UUID, body: ChangeIn, expected: int) -> Profile:
    """Changes what the body names; nothing is recorded when that is so already. 412 unless at version `expected`."""
    profile = await work.load(Profile, provider_id, expected)
    before = _shared(profile)
    for name, value in _described(body).items():
        setattr(profile, name, value)
    if _shared(profile) == before:
        return profile
    await _tell(work, profile, ProviderChanged(**_shared(profile)))
    later = update(Registration).where(Registration.id == profile.id).values(updated_at=work.now)
    await work.session.execute(later)
    return profile


async def _tell(work: UnitOfWork, profile: Profile, happened: ProviderState) -> None:
    work.record(profile, happened)
    await keep_provider(work, happened, profile.version)


def _described(body: RegisterIn | ChangeIn) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude={"slug"}, exclude_none=True)


def _shared(profile: Profile) -> dict[str, Any]:
    return {
        "provider_id": profile.id,
        "slug": profile.slug,
        "name": profile.name,
        "time_zone": profile.time_zone,
        "language": profile.language,
        "working_hours": profile.working_hours,
    }
