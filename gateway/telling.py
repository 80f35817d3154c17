"""Telling every service what a provider is now, with its whole working calendar while it has one."""

from typing import Any

from sqlalchemy import update

from chassis.db import UnitOfWork
from chassis.providers import keep_provider
from contracts.gateway import ProviderState, WorkingCalendar
from gateway.calendars.models import Calendar
from gateway.calendars.rules import differing_days
from gateway.providers.models import Profile, Registration


async def tell(work: UnitOfWork, profile: Profile, calendar: Calendar | None, happened: type[ProviderState]) -> None:
    """Records on the provider what happened, with the newest version of its calendar; an erased one brings none."""
    event = happened(**shared(profile), calendar=None if calendar is None else _whole(calendar))
    work.record(profile, event)
    await keep_provider(work, event, profile.version)
    later = update(Registration).where(Registration.id == profile.id).values(updated_at=work.now)
    await work.session.execute(later)


def _whole(calendar: Calendar) -> WorkingCalendar:
    return WorkingCalendar.model_validate(
        {
            "number": calendar.number,
            "days": differing_days(calendar.content),
            "official_through": calendar.official_through,
        }
    )


def shared(profile: Profile) -> dict[str, Any]:
    """What all services are told of a profile."""
    return {
        "provider_id": profile.id,
        "slug": profile.slug,
        "name": profile.name,
        "time_zone": profile.time_zone,
        "language": profile.language,
        "working_hours": profile.working_hours,
        "life": profile.state,
        "legal_hold": profile.legal_hold,
        "cause": profile.reason,
        "left_at": profile.left_at,
        "archive_confirmed_at": profile.archive_confirmed_at,
        "erased_at": profile.erased_at,
    }
