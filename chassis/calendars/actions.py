"""What is done to a service's copies of calendars."""

from sqlalchemy.dialects.postgresql import insert

from chassis.calendars.models import CalendarVersion
from chassis.db import UnitOfWork
from contracts.gateway import ProviderState


async def keep_calendar(work: UnitOfWork, state: ProviderState) -> None:
    """Keeps the version of the calendar that a provider's state carries, if it does; one that is here stays."""
    if state.calendar is None:
        return
    whole = state.model_dump(mode="json")
    row = {
        "provider_id": work.provider_id,
        "number": state.calendar.number,
        "zone": state.time_zone,
        "hours": whole["working_hours"],
        "days": whole["calendar"]["days"],
        "official_through": state.calendar.official_through,
    }
    await work.session.execute(insert(CalendarVersion).values(row).on_conflict_do_nothing())
