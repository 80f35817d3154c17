"""Reads of working calendars."""

from sqlalchemy import func, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from gateway.calendars.models import Calendar
from gateway.calendars.schemas import CalendarQuery

CALENDARS = Listing(
    Calendar,
    filters={},
    sorts={"-number": Calendar.number},
    updated_at=Calendar.updated_at,
    without=frozenset({"listed", "uploaded", "overrides"}),
)


async def list_calendars(work: UnitOfWork, asked: CalendarQuery) -> Rows[Calendar]:
    """A page of the versions of the provider's calendar, without their days."""
    return await CALENDARS.page(work, asked)


async def newest_calendar(work: UnitOfWork) -> Calendar | None:
    """The newest version of the provider's calendar, if there is any."""
    mine = select(Calendar).where(Calendar.provider_id == work.provider_id)
    return (await work.session.execute(mine.order_by(Calendar.number.desc()).limit(1))).scalar_one_or_none()


async def newest_number(work: UnitOfWork) -> int | None:
    """The number of the newest version of the provider's calendar."""
    query = select(func.max(Calendar.number)).where(Calendar.provider_id == work.provider_id)
    return (await work.session.execute(query)).scalar_one()
