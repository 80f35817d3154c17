"""Reads of calendars."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select

from chassis.calendars.models import CalendarVersion
from chassis.db import UnitOfWork
from chassis.errors import unavailable
from chassis.rows import Read
from chassis.worktime import Calendar
from contracts.base import Text

REMEMBERED = 1_000
NOT_YET = Text("The provider's working calendar is not known here yet.", "此处尚未获知该供方的工作日历。")

_MINE = select(CalendarVersion).where(CalendarVersion.provider_id == bindparam("provider_id"))
VERSION = Read(_MINE.where(CalendarVersion.number == bindparam("number")), CalendarVersion)
NEWEST = Read(
    _MINE.order_by(CalendarVersion.number.desc()).limit(literal_column("1")), CalendarVersion, without=("hours", "days")
)
"""The newest version alone: what it says is remembered."""


class Dated(NamedTuple):
    """A calendar with its version's number and the last day that was officially announced."""

    number: int
    calendar: Calendar
    official_through: date | None


_known: OrderedDict[tuple[UUID, int], Dated] = OrderedDict()


async def present_calendar(work: UnitOfWork) -> Dated:
    """The newest version of the provider's calendar; raises 503 while none has arrived."""
    return await dated(work, await work.read(NEWEST))


async def dated(work: UnitOfWork, newest: Sequence[CalendarVersion]) -> Dated:
    """What was read as `NEWEST`, perhaps together with something else; raises 503 while none has arrived."""
    if not newest:
        raise unavailable(NOT_YET)
    return await calendar_version(work, newest[0].number)


async def calendar_version(work: UnitOfWork, number: int) -> Dated:
    """A version of the provider's calendar; versions never change, and are remembered."""
    name = (work.provider_id, number)
    found = _known.get(name)
    if found is None:
        (version,) = await work.read(VERSION, number=number)
        found = _dated(version)
        _known[name] = found
        while len(_known) > REMEMBERED:
            _known.popitem(last=False)
    return found


def _dated(version: CalendarVersion) -> Dated:
    hours = {weekday: _spells(spells) for weekday, spells in version.hours.items()}
    days = {date.fromisoformat(day): _spells(spells) for day, spells in version.days.items()}
    return Dated(version.number, Calendar(version.zone, hours, days), version.official_through)


def _spells(stored: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((begins, ends) for begins, ends in stored)
