"""What is done to working calendars: each change makes the next version, while the provider's profile is locked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from chassis import errors
from chassis.db import UnitOfWork
from chassis.errors import Objection, Problem
from chassis.ids import new_id
from chassis.jobs import clear_timers, set_timer
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_role
from contracts.base import Text
from contracts.gateway import CalendarRevised, CalendarRunningOut, ProviderChanged
from gateway.calendars import rules
from gateway.calendars.models import Calendar
from gateway.calendars.queries import newest_calendar
from gateway.calendars.rules import Content, Reason
from gateway.calendars.schemas import OfficialListIn, OverridesIn, RegionIn
from gateway.clients.rules import ADMINISTRATOR
from gateway.providers.models import Profile
from gateway.telling import tell

RENEWAL, COVERAGE = "calendar_renewal", "calendar_coverage"
EVERY = timedelta(days=1)
LIBRARY = f"holidays {version('holidays')}"
NOT_YET = Text("The provider's working calendar is being made.", "该供方的工作日历正在生成。")


@dataclass(frozen=True)
class Outcome:
    """What a change has come to: the version that stands now, the content asked for, and the days that differ.

    `recorded` is false for a dry run, and where nothing differs.
    """

    calendar: Calendar
    content: Content
    official_through: date | None
    differences: list[tuple[Reason, Reason]]
    recorded: bool


async def begin_calendar(work: UnitOfWork, profile: Profile) -> Calendar:
    """The first version, by the provider's time zone, working hours and the lists that the library knows."""
    region = rules.default_region(profile.time_zone)
    listed = rules.announced(region, _year(work.now, profile.time_zone))
    content = Content(profile.time_zone, profile.working_hours, region, None, listed, {}, {})
    set_timer(work, profile.id, RENEWAL, "daily", work.now + EVERY)
    return await _next(work, profile, content, None, "registered")


async def follow_profile(work: UnitOfWork, profile: Profile, *, zone_before: str) -> Calendar:
    """The calendar after a change of the profile: a new version when its time zone or working hours changed.

    The region goes along with the time zone, if it was the one that the zone before had brought.
    """
    present = await newest_calendar(work)
    if present is None:
        return await begin_calendar(work, profile)
    content = replace(present.content, zone=profile.time_zone, hours=profile.working_hours)
    if present.region == rules.default_region(zone_before):
        content = _in_region(work, content, rules.default_region(profile.time_zone))
    if content == present.content:
        return present
    return await _next(work, profile, content, present, "profile_changed")


async def change_region(work: UnitOfWork, body: RegionIn, *, dry_run: bool) -> Outcome:
    """Says which region's official days hold, and the hours of make-up days."""
    profile, present = await _locked(work)
    content = _in_region(work, replace(present.content, makeup_hours=body.stored_hours()), body.region)
    return await _changed(work, profile, present, content, "region_changed", dry_run=dry_run)


async def load_official_list(work: UnitOfWork, body: OfficialListIn, *, dry_run: bool) -> Outcome:
    """Puts an official list in the place of what stood for its year; a list without days takes it away again."""
    profile, present = await _locked(work)
    year, days = str(body.year), {day.date.isoformat(): day.stored() for day in body.days}
    uploaded = dict(present.uploaded)
    if not days:
        uploaded.pop(year, None)
    elif year not in uploaded or uploaded[year]["days"] != days:
        uploaded[year] = {"by": work.actor.name, "at": work.now.isoformat(), "days": days}
    content = replace(present.content, uploaded=uploaded)
    return await _changed(work, profile, present, content, "list_loaded", dry_run=dry_run)


async def override_days(work: UnitOfWork, body: OverridesIn, *, dry_run: bool) -> Outcome:
    """Sets single days as the provider itself has them, or gives them back to the lists."""
    profile, present = await _locked(work)
    overrides = dict(present.overrides)
    for day in body.days:
        iso = day.date.isoformat()
        if day.kind == "as_listed":
            overrides.pop(iso, None)
        else:
            overrides[iso] = day.stored()
    content = replace(present.content, overrides=overrides)
    return await _changed(work, profile, present, content, "days_overridden", dry_run=dry_run)


async def renew(work: UnitOfWork, profile: Profile) -> None:
    """Brings in lists that the library has learnt since; makes the first version where there is none."""
    present = await newest_calendar(work)
    if present is None:
        await tell(work, profile, await begin_calendar(work, profile), ProviderChanged)
        return
    content = _in_region(work, present.content, present.region)
    if content != present.content:
        await tell(work, profile, await _next(work, profile, content, present, "library_renewed"), ProviderChanged)


async def warn(work: UnitOfWork, through: str) -> None:
    """Records once that the official days end on a date, unless a later list has come meanwhile."""
    present = await newest_calendar(work)
    if present is None or present.official_through is None or present.official_through == present.warned_through:
        return
    if present.official_through.isoformat() == through:
        present.warned_through = present.official_through
        event = work.record(present, CalendarRunningOut(**_shared(present)))
        await _ask_for_list(work, present, event)


async def _locked(work: UnitOfWork) -> tuple[Profile, Calendar]:
    profile = await work.load(Profile, work.provider_id)
    present = await newest_calendar(work)
    if present is None:  # registered before there were calendars, and not renewed yet
        raise errors.unavailable(NOT_YET)
    return profile, present


def _in_region(work: UnitOfWork, content: Content, region: str) -> Content:
    """The content by the lists of a region; of its own region no year that was known is lost."""
    listed = rules.announced(region, _year(work.now, content.zone))
    known: Mapping[str, Any] = content.listed if region == content.region else {}
    return replace(content, region=region, listed={**known, **listed})


async def _changed(
    work: UnitOfWork, profile: Profile, present: Calendar, content: Content, reason: str, *, dry_run: bool
) -> Outcome:
    days = rules.differing_days(content)
    if len(orjson.dumps(days)) > rules.MOST_BYTES:
        said = rules.TOO_MANY_DAYS.filled(most=rules.MOST_BYTES)
        raise Problem(errors.REFUSED, objections=[Objection("too_many_days", said)])
    found = rules.differences(present.content, content)
    through = rules.official_through(content, _year(work.now, content.zone))
    recorded = not dry_run and content != present.content
    if recorded:
        present = await _next(work, profile, content, present, reason)
        await tell(work, profile, present, ProviderChanged)
    return Outcome(present, content, through, found, recorded)


async def _next(
    work: UnitOfWork, profile: Profile, content: Content, previous: Calendar | None, reason: str
) -> Calendar:
    through = rules.official_through(content, _year(work.now, content.zone))
    calendar = Calendar(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        number=1 if previous is None else previous.number + 1,
        library=LIBRARY,
        official_through=through,
        warned_through=None if previous is None else previous.warned_through,
        reason=reason,
        made_by=work.actor.name,
        **vars(content),
    )
    work.add(calendar)
    event = work.record(calendar, CalendarRevised(**_shared(calendar)))
    await _follow_coverage(work, calendar, previous, event)
    await clear_timers(work, profile.id, COVERAGE)
    if through is not None and through != calendar.warned_through:
        day = datetime.combine(through - rules.WARNED_BEFORE, time.min, ZoneInfo(content.zone))
        set_timer(work, profile.id, COVERAGE, through.isoformat(), day)
    return calendar


async def _follow_coverage(work: UnitOfWork, calendar: Calendar, previous: Calendar | None, event: UUID) -> None:
    """A later official list does the task that asks for it; one that is taken back has it asked for again."""
    before, through = None if previous is None else previous.official_through, calendar.official_through
    if before == through:
        return
    later = before is not None and through is not None and through > before
    await end_tasks(work, work.provider_id, rules.LOAD_NEXT_YEAR, "done" if later else "cancelled")
    if through is not None and through == calendar.warned_through:
        await _ask_for_list(work, calendar, event)


async def _ask_for_list(work: UnitOfWork, calendar: Calendar, event: UUID) -> None:
    """Asks the administrators for the official list of the next year, until the days that are known end."""
    assert calendar.official_through is not None
    after = calendar.official_through + timedelta(days=1)
    give_task(
        work,
        work.provider_id,
        rules.LOAD_NEXT_YEAR,
        to_role(ADMINISTRATOR),
        made_by=event,
        due_at=datetime.combine(after, time.min, ZoneInfo(calendar.zone)),
        parameters={"year": after.year},
    )


def _year(now: datetime, zone: str) -> int:
    return now.astimezone(ZoneInfo(zone)).year


def _shared(calendar: Calendar) -> dict[str, Any]:
    return {
        "calendar_id": calendar.id,
        "number": calendar.number,
        "region": calendar.region,
        "official_through": calendar.official_through,
    }
