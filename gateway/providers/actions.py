"""What is done to providers."""

from typing import Any

from chassis.clock import Clock
from chassis.db import UnitOfWork
from chassis.departure.erasure import begin_erasure
from chassis.tokens import Caller
from contracts.gateway import (
    ProviderChanged,
    ProviderConfirmed,
    ProviderErased,
    ProviderHeld,
    ProviderLeft,
    ProviderRegistered,
    ProviderReleased,
    ProviderResumed,
    ProviderState,
    ProviderStayed,
    ProviderSuspended,
)
from gateway.calendars.actions import begin_calendar, follow_profile
from gateway.calendars.queries import newest_calendar
from gateway.credentials.actions import end_all_access
from gateway.providers.models import Profile, Registration
from gateway.providers.queries import active_profile
from gateway.providers.rules import LIFECYCLE, Facts
from gateway.providers.schemas import ChangeIn, ReasonIn, RegisterIn
from gateway.telling import shared, tell


async def register(work: UnitOfWork, body: RegisterIn) -> Profile:
    """Registers the provider that the unit of work is for; 409 when the short name is taken."""
    profile = Profile(
        provider_id=work.provider_id,
        id=work.provider_id,
        created_at=work.now,
        slug=body.slug,
        state=LIFECYCLE.begin("register", None, body=body, actor=work.actor, now=work.now),
        legal_hold=False,
        imposed=False,
        **_described(body),
    )
    registration = Registration(id=work.provider_id, slug=body.slug, registered_at=work.now, updated_at=work.now)
    work.add(profile, registration)
    await tell(work, profile, await begin_calendar(work, profile), ProviderRegistered)
    return profile


async def change(work: UnitOfWork, body: ChangeIn, expected: int) -> Profile:
    """Changes what the body names; nothing is recorded when that is so already.

    412 unless at version `expected`, 403 for a provider that is not active, 404 for one that is erased.
    """
    profile = await active_profile(work, expected)
    before = shared(profile)
    for name, value in _described(body).items():
        setattr(profile, name, value)
    if shared(profile) != before:
        calendar = await follow_profile(work, profile, zone_before=before["time_zone"])
        await tell(work, profile, calendar, ProviderChanged)
    return profile


async def suspend(work: UnitOfWork, body: ReasonIn, expected: int | None) -> Profile:
    """Has the provider write nothing until it is resumed."""
    profile = await _advanced(work, "suspend", expected)
    profile.reason, profile.imposed = body.reason, True
    return await _told(work, profile, ProviderSuspended)


async def resume(work: UnitOfWork, expected: int | None) -> Profile:
    """Ends a suspension."""
    profile = await _advanced(work, "resume", expected)
    profile.reason, profile.imposed = None, False
    return await _told(work, profile, ProviderResumed)


async def leave(work: UnitOfWork, body: ReasonIn, expected: int | None) -> Profile:
    """Has the provider leave: from now on it can only read, and take its records along."""
    profile = await _advanced(work, "leave", expected)
    profile.reason, profile.left_at = body.reason, work.now
    profile.imposed = profile.imposed or not facts_of(work).itself
    return await _told(work, profile, ProviderLeft)


async def stay(work: UnitOfWork, expected: int | None) -> Profile:
    """Has a provider that was leaving go on; 409 for one by itself that the operator suspended or had leave."""
    profile = await _advanced(work, "stay", expected)
    profile.reason, profile.left_at, profile.archive_confirmed_at, profile.imposed = None, None, None, False
    return await _told(work, profile, ProviderStayed)


async def confirm_archive(work: UnitOfWork, expected: int | None) -> Profile:
    """Notes that the provider has its archive; 409 for anybody else."""
    profile = await _advanced(work, "confirm_archive", expected)
    profile.archive_confirmed_at = work.now
    return await _told(work, profile, ProviderConfirmed)


async def hold(work: UnitOfWork, expected: int | None) -> Profile:
    """Lays a legal hold on everything of the provider."""
    profile = await _advanced(work, "hold", expected)
    profile.legal_hold = True
    return await _told(work, profile, ProviderHeld)


async def release(work: UnitOfWork, expected: int | None) -> Profile:
    """Lifts the legal hold."""
    profile = await _advanced(work, "release", expected)
    profile.legal_hold = False
    return await _told(work, profile, ProviderReleased)


async def erase(work: UnitOfWork, expected: int | None, clock: Clock) -> Profile:
    """Erases a provider that has left, for good: here and, by the event, in every service.

    All its keys and tokens end at once. What stays is its id, its short name, its times and the journal. 409 under a
    legal hold, and within 30 days while the provider has not confirmed that it has its archive.
    """
    profile = await _advanced(work, "erase", expected)
    profile.name, profile.erased_at = profile.slug, work.now
    await end_all_access(work, clock)
    await begin_erasure(work)
    await tell(work, profile, None, ProviderErased)
    return profile


def facts_of(work: UnitOfWork) -> Facts:
    """What the guards know: whether the one who acts is of the provider."""
    return Facts(itself=isinstance(work.actor, Caller) and work.actor.provider_id == work.provider_id)


async def _advanced(work: UnitOfWork, step: str, expected: int | None) -> Profile:
    """The profile, locked, after a step; 412 unless at version `expected`."""
    profile = await work.load(Profile, work.provider_id, expected)
    LIFECYCLE.advance(profile, step, facts_of(work), body=None, actor=work.actor, now=work.now)
    return profile


async def _told(work: UnitOfWork, profile: Profile, happened: type[ProviderState]) -> Profile:
    await tell(work, profile, await newest_calendar(work), happened)
    return profile


def _described(body: RegisterIn | ChangeIn) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude={"slug"}, exclude_none=True)
