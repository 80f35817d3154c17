"""Working calendars over HTTP."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis import errors
from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.paging import Page
from chassis.schemas import DayDate, tag
from chassis.worktime import NoWorkingTimeError, add_working_time
from contracts.base import Text
from gateway.calendars import actions, queries, rules
from gateway.calendars.models import Calendar
from gateway.calendars.rules import Content, Reason
from gateway.calendars.schemas import (
    NEEDS_YEAR,
    CalendarItem,
    CalendarOut,
    CalendarQuery,
    ChangeOut,
    DayOut,
    DifferenceOut,
    DryRun,
    DueOut,
    Instant,
    OfficialListIn,
    OverridesIn,
    RegionIn,
    Year,
    YearOut,
    read_body,
)

router = APIRouter(prefix="/v1", tags=["calendars"], route_class=IdempotentRoute)
Changing = Annotated[UnitOfWork, permitted("gateway.calendar.change")]
Reading = Annotated[UnitOfWork, permitted("gateway.calendar.read")]

NO_WORKING_TIME = Text(
    "The calendar has not that much working time within twenty years.", "该日历在二十年内没有这么多工作时间。"
)
UNCHANGED: dict[int | str, dict[str, Any]] = {
    200: {"model": ChangeOut, "description": "Nothing was recorded: a dry run, or everything was so already."}
}
CSV = {
    "schema": {
        "type": "string",
        "description": "Columns date, kind, hours, name; hours such as `09:00-12:00 13:00-18:00`.",
        "examples": ["date,kind,hours,name\n2027-02-06,closed,,春节\n2027-02-20,open_extra,,\n"],
    }
}


def takes(kind: type[OfficialListIn | OverridesIn]) -> dict[str, Any]:
    """The request body of an operation that takes JSON or CSV, for the document."""
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs")
    (item,) = definitions.values()
    schema["properties"]["days"]["items"] = item
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}, "text/csv": CSV}}}


async def whole_body(request: Request) -> bytes:
    """The body, read before a transaction begins."""
    return await request.body()


Raw = Annotated[bytes, Depends(whole_body)]


@router.get("/calendars")
async def list_calendars(asked: Annotated[CalendarQuery, Query()], work: Reading) -> Page[CalendarItem]:
    """The versions of the provider's working calendar (工作日历), newest first."""
    rows = await queries.list_calendars(work, asked)
    return Page(items=[CalendarItem.model_validate(one) for one in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/calendars/{calendar_id}")
async def read_calendar(calendar_id: UUID, work: Reading, response: Response) -> CalendarOut:
    """One version of the calendar with all its days, where each comes from, and how far they are official."""
    calendar = await work.find(Calendar, calendar_id)
    tag(response, calendar.version)
    return _out(calendar, work.now, is_present=calendar.number == await queries.newest_number(work))


@router.get("/calendars/{calendar_id}/day")
async def explain_day(
    calendar_id: UUID,
    work: Reading,
    day: Annotated[DayDate | None, Query(alias="date", description="A local date; else today.")] = None,
) -> DayOut:
    """What a day is by a version of the calendar, and which layer says so."""
    calendar = await work.find(Calendar, calendar_id)
    content = calendar.content
    found = rules.reason_of(content, day or _today(calendar, work.now), rules.special_days(content))
    return _day(content, calendar.official_through, found)


@router.get("/calendars/{calendar_id}/due")
async def reckon_due_time(
    calendar_id: UUID,
    work: Reading,
    start: Annotated[Instant | None, Query(description="Else now.")] = None,
    hours: Annotated[int, Query(ge=0, le=2000, description="Working hours.")] = 8,
) -> DueOut:
    """When so many working hours after an instant are over, by a version of the calendar."""
    calendar = await work.find(Calendar, calendar_id)
    content, begun = calendar.content, start or work.now
    try:
        due = add_working_time(rules.as_calendar(content), begun, timedelta(hours=hours))
    except NoWorkingTimeError:
        raise errors.invalid("?hours", "no_working_time", NO_WORKING_TIME) from None
    zone = ZoneInfo(calendar.zone)
    local = due.astimezone(zone)
    first, last = begun.astimezone(zone).date(), local.date()
    on_the_way = (one for one in rules.special_days(content).values() if first <= one.date <= last)
    return DueOut(
        start=begun,
        hours=hours,
        due_at=due,
        due_at_local=local.isoformat(),
        provisional=rules.is_provisional(content, calendar.official_through, last),
        special_days=[_day(content, calendar.official_through, one) for one in on_the_way],
    )


@router.post("/calendars", status_code=201, responses=UNCHANGED)
async def change_calendar_region(
    body: RegionIn, work: Changing, response: Response, dry_run: Annotated[DryRun, Query()] = False
) -> ChangeOut:
    """Says whose official days hold and the hours of make-up days (调休), as a new version of the calendar."""
    return _changed(await actions.change_region(work, body, dry_run=dry_run), response)


@router.post("/calendars/official-lists", status_code=201, responses=UNCHANGED, openapi_extra=takes(OfficialListIn))
async def load_official_list(
    raw: Raw,
    work: Changing,
    request: Request,
    response: Response,
    year: Annotated[Year | None, Query(description="The year of a list in CSV; JSON says it inside.")] = None,
    dry_run: Annotated[DryRun, Query()] = False,
) -> ChangeOut:
    """Loads the official list of a year (放假安排) in the place of what was known, as a new version."""
    content_type = request.headers.get("Content-Type")
    if year is None and (content_type or "").startswith("text/csv"):
        raise errors.invalid("?year", "missing", NEEDS_YEAR)
    body = read_body(OfficialListIn, raw, content_type, year=year)
    return _changed(await actions.load_official_list(work, body, dry_run=dry_run), response)


@router.post("/calendars/overrides", status_code=201, responses=UNCHANGED, openapi_extra=takes(OverridesIn))
async def override_days(
    raw: Raw, work: Changing, request: Request, response: Response, dry_run: Annotated[DryRun, Query()] = False
) -> ChangeOut:
    """Sets single days as the provider itself has them, or takes that back, as a new version of the calendar."""
    body = read_body(OverridesIn, raw, request.headers.get("Content-Type"))
    return _changed(await actions.override_days(work, body, dry_run=dry_run), response)


def _today(calendar: Calendar, now: datetime) -> date:
    return now.astimezone(ZoneInfo(calendar.zone)).date()


def _day(content: Content, through: date | None, one: Reason) -> DayOut:
    return DayOut.model_validate({**vars(one), "provisional": rules.is_provisional(content, through, one.date)})


def _changed(outcome: actions.Outcome, response: Response) -> ChangeOut:
    calendar, content, through = outcome.calendar, outcome.content, outcome.official_through
    if outcome.recorded:
        tag(response, calendar.version, f"/v1/calendars/{calendar.id}")
    else:
        response.status_code = 200
    differences = [
        DifferenceOut(before=_day(content, through, before), after=_day(content, through, after))
        for before, after in outcome.differences
    ]
    return ChangeOut(
        recorded=outcome.recorded,
        id=calendar.id,
        number=calendar.number,
        region=content.region,
        official_through=through,
        differences=differences,
    )


def _out(calendar: Calendar, now: datetime, *, is_present: bool) -> CalendarOut:
    content, through = calendar.content, calendar.official_through
    warned = is_present and rules.is_running_out(through, _today(calendar, now))
    return CalendarOut.model_validate(
        {
            **CalendarItem.model_validate(calendar).model_dump(),
            "is_present": is_present,
            "time_zone": calendar.zone,
            "working_hours": content.hours,
            "makeup_hours": rules.makeup_hours(content),
            "library": calendar.library,
            "coverage_warning": warned,
            "years": _years(content, through),
            "days": [_day(content, through, one) for one in rules.special_days(content).values()],
        }
    )


def _years(content: Content, through: date | None) -> list[YearOut]:
    official = rules.official_years(content)
    shown = []
    for year in sorted(official | {one + 1 for one in official}):
        loaded = content.uploaded.get(str(year))
        shown.append(
            YearOut(
                year=year,
                layer="uploaded" if loaded else "library" if year in official else None,
                provisional=rules.is_provisional(content, through, date(year, 1, 1)),
                uploaded_by=loaded["by"] if loaded else None,
                uploaded_at=datetime.fromisoformat(loaded["at"]) if loaded else None,
            )
        )
    return shown
