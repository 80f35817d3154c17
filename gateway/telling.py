"""Telling every service what a provider is now, with its whole working calendar."""

from typing import Any

from sqlalchemy import update

from chassis.db import UnitOfWork
from chassis.providers import keep_provider
from contracts.gateway import ProviderState, WorkingCalendar
from gateway.calendars.models import Calendar
from gateway.calendars.rules import differing_days
from gateway.providers.models import Profile, Registration


async def tell(work: UnitOfWork, profile: Profile, calendar: Calendar, happened: type[ProviderState]) -> None:
    """Records on the provider what happened, with the newest version of its calendar."""
    whole = WorkingCalendar.model_validate(
        {
            "number": calendar.number,
            "days": differing_days(calendar.content),
            "official_through": calendar.official_through,
        }
    )
    event = happened(**shared(profile), calendar=whole)
    work.record(profile, event)
    await keep_provider(work, event, profile.version)
    later = update(Registration).where(Registration.id == profile.id).values(updated_at=work.now)
    await work.session.execute(later)


def shared(profile: Profile) -> dict[str, Any]:
    """What all services are told of a profile."""
    return {
        "provider_id": profile.id,
        "slug": profile.slug,
        "name": profile.name,
        "time_zone": profile.time_zone,
        "language": profile.language,
        "working_hours": profile.working_hours,
    }
