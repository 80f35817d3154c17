"""What is done to providers."""

from typing import Any
from uuid import UUID

from chassis.db import UnitOfWork
from contracts.gateway import ProviderChanged, ProviderRegistered
from gateway.calendars.actions import begin_calendar, follow_profile
from gateway.providers.models import Profile, Registration
from gateway.providers.schemas import ChangeIn, RegisterIn
from gateway.telling import shared, tell


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
    await tell(work, profile, await begin_calendar(work, profile), ProviderRegistered)
    return profile


async def change(work: UnitOfWork, provider_id: UUID, body: ChangeIn, expected: int) -> Profile:
    """Changes what the body names; nothing is recorded when that is so already. 412 unless at version `expected`."""
    profile = await work.load(Profile, provider_id, expected)
    before = shared(profile)
    for name, value in _described(body).items():
        setattr(profile, name, value)
    if shared(profile) != before:
        calendar = await follow_profile(work, profile, zone_before=before["time_zone"])
        await tell(work, profile, calendar, ProviderChanged)
    return profile


def _described(body: RegisterIn | ChangeIn) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude={"slug"}, exclude_none=True)
