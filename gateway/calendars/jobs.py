"""What the clock does to calendars: a warning before the official days run out, and new lists of the library."""

from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.jobs import set_timer
from gateway.calendars import actions
from gateway.calendars.actions import EVERY, RENEWAL
from gateway.providers.models import Profile
from gateway.providers.rules import State


async def renew(work: UnitOfWork, record: UUID, step: str) -> None:
    """Brings in what the library has learnt, a day after the last time; `record` is the provider."""
    profile = await _profile(work, record)
    if profile is not None:
        await actions.renew(work, profile)
        set_timer(work, record, RENEWAL, step, work.now + EVERY)


async def warn(work: UnitOfWork, record: UUID, step: str) -> None:
    """Records that the official days end on the date that `step` names, once for each; `record` is the provider."""
    if await _profile(work, record) is not None:
        await actions.warn(work, step)


async def _profile(work: UnitOfWork, provider_id: UUID) -> Profile | None:
    """The provider's profile, locked as for every change of its calendar; None once it is erased."""
    this = (Profile.provider_id == work.provider_id, Profile.id == provider_id, Profile.state != State.ERASED)
    query = select(Profile).where(*this).with_for_update()
    return (await work.session.execute(query)).scalar_one_or_none()
