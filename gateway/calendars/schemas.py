"""Shapes of working calendars on the wire, as JSON and as CSV."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis import errors
from chassis.errors import Problem
from chassis.paging import PageQuery
from chassis.schemas import FIRST_DAY, LAST_DAY, DayDate, In, Line, Moment, OpenStepOut, within_the_century
from contracts.base import Text
from contracts.gateway import Weekday
from gateway.calendars.rules import Day, Hours, Kind, Layer, region_fault
from gateway.providers.rules import hours_fault

Sent = TypeVar("Sent", bound=In)

MOST_ROWS, MOST_OF_A_YEAR = 3_000, 400
COLUMNS = ("date", "kind", "hours", "name")
SPELL = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")

TWICE = Text("{day} stands here twice.", "{day} 重复出现。")
NEEDS_HOURS = Text("A day with other hours needs them.", "调整工作时间的日期须注明时间。")
NO_HOURS = Text("A day of this kind has no hours of its own.", "此类日期不得注明时间。")
OF_ANOTHER_YEAR = Text("{day} lies more than a month outside {year}.", "{day} 超出 {year} 年前后一个月的范围。")
NOT_UTF8 = Text("The file is not in UTF-8.", "文件不是 UTF-8 编码。")
BROKEN = Text("This line is no CSV.", "此行不是有效的 CSV。")
BAD_HEADER = Text(
    "The first line names the columns: date and kind, and if wanted hours and name.",
    "首行须为列名：date、kind，以及可选的 hours、name。",
)
TOO_WIDE = Text("The line has more values than there are columns.", "此行的值多于列数。")
NEEDS_YEAR = Text("Say as ?year= which year the list is for.", "请以 ?year= 注明清单所属年份。")
NEITHER = Text("Send application/json or text/csv.", "请发送 application/json 或 text/csv。")


def _refused(code: str, fault: Text | None) -> None:
    if fault is not None:
        raise PydanticCustomError("refused", "refused", {"code": code, "text": fault})


def _moment_within_the_century(at: datetime) -> datetime:
    within_the_century(at.astimezone(UTC).date())
    return at


def _orderly(hours: list[tuple[str, str]]) -> list[tuple[str, str]]:
    _refused("hours_faulty", hours_fault({"hours": hours}))
    return hours


def _known(region: str) -> str:
    _refused("region_unknown", region_fault(region))
    return region


Instant = Annotated[Moment, AfterValidator(_moment_within_the_century)]
Spells = Annotated[
    list[tuple[str, str]],
    AfterValidator(_orderly),
    Field(description="Spells of work, each two local times `HH:MM`, in order.", examples=[[["09:00", "12:00"]]]),
]
Region = Annotated[
    str,
    AfterValidator(_known),
    Field(
        max_length=4,
        description="ISO 3166 code of the country whose official days hold, or `none`. Make-up days are known of `CN`.",
        examples=["CN"],
    ),
]
DryRun = Annotated[bool, Field(description="Shows what would differ, and changes nothing.")]
OverrideKind = Literal["closed", "open_extra", "hours_override", "as_listed"]
Year = Annotated[int, Field(ge=FIRST_DAY.year, le=LAST_DAY.year)]


class DayIn(In):
    """A day of a list."""

    date: DayDate = Field(examples=["2027-02-15"])
    kind: OverrideKind = Field(
        description="`closed`; `open_extra`, a make-up working day (调休); `hours_override`, with hours of its own."
    )
    hours: Spells | None = Field(None, description="Of `hours_override`; of `open_extra` if not those of make-up days.")
    name: Line | None = Field(None, description="What the day is, for people.", examples=["春节"])

    @model_validator(mode="after")
    def _hours_fit(self) -> Self:
        if self.kind == "hours_override" and not self.hours:
            _refused("hours_missing", NEEDS_HOURS)
        if self.kind in {"closed", "as_listed"} and self.hours is not None:
            _refused("hours_unwanted", NO_HOURS)
        return self

    def stored(self) -> Day:
        """The day as a layer keeps it."""
        day: Any = self.model_dump(mode="json", exclude={"date"}, exclude_none=True)
        return day  # type: ignore[no-any-return]


class OfficialDayIn(DayIn):
    """A day of an official list."""

    kind: Kind = Field(
        description="`closed`; `open_extra`, a make-up working day (调休); `hours_override`, with hours of its own."
    )


class OverrideIn(DayIn):
    """A day as the provider itself has it."""

    kind: OverrideKind = Field(description="As of official lists; `as_listed` takes the provider's own day back.")


def _once_each(days: list[Any]) -> list[Any]:
    seen: set[date] = set()
    for day in days:
        if day.date in seen:
            _refused("day_twice", TWICE.filled(day=day.date))
        seen.add(day.date)
    return days


class OfficialListIn(In):
    """The official list of a year, whole; without days it takes back what was loaded for the year."""

    year: Year = Field(examples=[2027])
    days: Annotated[list[OfficialDayIn], AfterValidator(_once_each)] = Field(max_length=MOST_OF_A_YEAR)

    @model_validator(mode="after")
    def _of_the_year(self) -> Self:
        first, last = (self.year - 1, 12), (self.year + 1, 1)  # exchanged days reach over the turn of the year
        strange = (day.date for day in self.days if not first <= (day.date.year, day.date.month) <= last)
        if (day := next(strange, None)) is not None:
            _refused("of_another_year", OF_ANOTHER_YEAR.filled(day=day, year=self.year))
        return self


class OverridesIn(In):
    """Days of the provider's own; those that are not named stay as they are."""

    days: Annotated[list[OverrideIn], AfterValidator(_once_each)] = Field(min_length=1, max_length=MOST_ROWS)


class RegionIn(In):
    """Whose official days hold, and the hours of make-up days."""

    region: Region
    makeup_hours: Spells | None = Field(
        None, description="Hours of make-up working days; null: those of the first weekday that is open; `[]`: closed."
    )

    def stored_hours(self) -> Hours | None:
        """The hours as a calendar keeps them."""
        return None if self.makeup_hours is None else [list(spell) for spell in self.makeup_hours]


def read_body(kind: type[Sent], raw: bytes, content_type: str | None, **beside: Any) -> Sent:
    """A body in JSON, or in CSV with the columns date, kind, hours, name; `beside` is what CSV has no place for.

    Raises RequestValidationError, whose pointers name the line of CSV, and a 415 problem for other types.
    """
    media = (content_type or "application/json").partition(";")[0].strip().lower()
    if media not in {"application/json", "text/csv"}:
        raise Problem(errors.UNSUPPORTED, NEITHER)
    rows = list(_rows(raw)) if media == "text/csv" else []
    try:
        if media == "text/csv":
            return kind.model_validate({**beside, "days": [row for _, row in rows]})
        return kind.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False)
        for one in found:
            where = one["loc"]
            if rows and where[:1] == ("days",) and len(where) > 1:
                where = (f"line {rows[int(where[1])][0]}", *where[2:])
            one["loc"] = ("body", *where)
        raise RequestValidationError(found) from None


def _rows(raw: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a CSV file, each with the number of its line; what is empty is left out."""
    try:
        lines = csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True), strict=True)
    except UnicodeDecodeError:
        raise errors.invalid("", "not_utf8", NOT_UTF8) from None
    try:
        columns = [cell.strip().lower() for cell in next(lines, [])]
        if not {"date", "kind"} <= set(columns) <= set(COLUMNS) or len(set(columns)) < len(columns):
            raise errors.invalid("/line 1", "columns", BAD_HEADER)
        for cells in lines:
            if len(cells) > len(columns):
                raise errors.invalid(f"/line {lines.line_num}", "too_wide", TOO_WIDE)
            row: dict[str, Any] = {
                name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()
            }
            if "hours" in row:
                row["hours"] = [_spell(text) for text in row["hours"].split()]
            if row:
                yield lines.line_num, row
    except csv.Error:
        raise errors.invalid(f"/line {lines.line_num}", "broken", BROKEN) from None


def _spell(text: str) -> tuple[str, str]:
    found = SPELL.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


class CalendarQuery(PageQuery):
    """The list of versions has no filters."""

    sort: Literal["-number"] = "-number"


class CalendarItem(BaseModel):
    """A version of the calendar in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    number: int
    region: str
    official_through: date | None
    reason: str = Field(description="Why this version was made.")
    made_by: str
    created_at: AwareDatetime


class DayOut(BaseModel):
    """What a day is, and the layer that says so: its weekday, the library's list, a loaded one, the provider itself."""

    model_config = ConfigDict(from_attributes=True)

    date: date
    kind: Kind | None = Field(description="Null for a plain weekday.")
    layer: Layer
    hours: list[tuple[str, str]] = Field(description="Its spells of work; none when closed.")
    name: str | None
    provisional: bool = Field(description="The year's official list was not known yet.")


class YearOut(BaseModel):
    """A year, and whose list holds in it."""

    year: int
    layer: Literal["library", "uploaded"] | None
    provisional: bool
    uploaded_by: str | None = None
    uploaded_at: AwareDatetime | None = None


class CalendarOut(CalendarItem):
    """One version of the calendar, whole."""

    is_present: bool = Field(description="Whether this is the newest version.")
    time_zone: str
    working_hours: dict[Weekday, list[tuple[str, str]]]
    makeup_hours: list[tuple[str, str]] = Field(description="Hours of make-up working days.")
    library: str = Field(description="The library and release that the listed days come from.")
    coverage_warning: bool = Field(description="The official days end within 45 days: load the next list.")
    years: list[YearOut] = Field(description="The years with an official list, and the one after them.")
    days: list[DayOut] = Field(description="Every day that a layer names, with the layer that wins.")
    open_steps: list[OpenStepOut] = Field(default_factory=list, description="None.")


class DifferenceOut(BaseModel):
    """A day before and after a change."""

    before: DayOut
    after: DayOut


class ChangeOut(BaseModel):
    """What a change has come to, or would come to."""

    recorded: bool = Field(description="False for a dry run, and where everything was so already.")
    id: UUID = Field(description="The version that stands now.")
    number: int
    region: str = Field(description="As asked for.")
    official_through: date | None = Field(description="With what was asked for.")
    differences: list[DifferenceOut]


class DueOut(BaseModel):
    """When an amount of working time is over, and the days on the way that are not as their weekday."""

    start: AwareDatetime
    hours: int
    due_at: AwareDatetime
    due_at_local: str
    provisional: bool = Field(description="It lies beyond the official days, and may change by announcement.")
    special_days: list[DayOut]
