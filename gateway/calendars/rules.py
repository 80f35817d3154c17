"""What a working calendar is made of: three layers of days, how far they are official, and why a day is what it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NotRequired, TypedDict

import holidays

from chassis.tasks.rules import TaskKind
from chassis.worktime import WEEKDAYS, Calendar
from contracts.base import Text

Kind = Literal["closed", "open_extra", "hours_override"]
Layer = Literal["weekday", "library", "uploaded", "override"]
Hours = list[list[str]]
"""Spells of a day as they are stored: each from and to a local time."""

NO_REGION, CHINA = "none", "CN"
FIRST_YEAR = 2007
"""The first year of lists. Since the reform of that year the libraries agree on every day in China."""
YEARS_AHEAD = 2
"""How many years ahead the holidays of regions are taken whose law sets them once and for all."""
WARNED_BEFORE = timedelta(days=45)
MOST_BYTES = 500_000
"""What the days of a calendar may take as JSON: they travel with every event of the provider."""
DAY, SATURDAY = timedelta(days=1), 5
_REGIONS = dict.fromkeys(("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "PRC"), CHINA)

ASKED_FOR = Text(
    "Load the official list of {year}: without it the days of that year are provisional",
    "请导入 {year} 年的官方安排：在此之前该年的日期均为暂定",
)
LOAD_NEXT_YEAR = TaskKind("load_next_year", "provider", title=ASKED_FOR, reminder=ASKED_FOR)

MAKE_UP, BRIDGE = "调休上班", "连休"
UNKNOWN_REGION = Text(
    "An ISO 3166 code of a country whose holidays are known is expected, such as CN, or none.",
    "此处应为已知节假日的国家或地区的 ISO 3166 代码（例如 CN），或 none。",
)
TOO_MANY_DAYS = Text(
    "The days of the calendar would take more than {most} bytes.", "日历中的日期合计将超过 {most} 字节。"
)


class Day(TypedDict):
    """A day of a list. `hours` is missing where the kind says them: closed, or the hours of make-up days."""

    kind: Kind
    hours: NotRequired[Hours]
    name: NotRequired[str]


class Uploaded(TypedDict):
    """An official list of one year that was loaded by hand."""

    by: str
    at: str
    days: dict[str, Day]


Lists = Mapping[str, Mapping[str, Day]]
"""Official lists by year and ISO date."""


@dataclass(frozen=True)
class Content:
    """What a calendar says of days: hours by weekday, and three layers of days by ISO date, the last one wins.

    `makeup_hours` None stands for the hours of the first weekday that is open.
    """

    zone: str
    hours: Mapping[str, Hours]
    region: str
    makeup_hours: Hours | None
    listed: Lists
    uploaded: Mapping[str, Uploaded]
    overrides: Mapping[str, Day]


@dataclass(frozen=True)
class Reason:
    """What a day is and why: its spells of work, and the layer that says so."""

    date: date
    hours: Hours
    layer: Layer
    kind: Kind | None = None
    name: str | None = None


def default_region(zone: str) -> str:
    """The region whose official days a provider in a time zone follows unless it says otherwise."""
    return _REGIONS.get(zone, NO_REGION)


def region_fault(region: str) -> Text | None:
    """What is wrong with a region; None when its holidays are known, or it is `none`."""
    known = region == NO_REGION or region in _countries()
    return None if known else UNKNOWN_REGION


def makeup_hours(content: Content) -> Hours:
    """The hours of a day that is open besides the weekdays."""
    if content.makeup_hours is not None:
        return content.makeup_hours
    return next((content.hours[day] for day in WEEKDAYS if content.hours.get(day)), [])


def special_days(content: Content) -> dict[str, Reason]:
    """The days of all layers by ISO date, each with the layer that wins."""
    lists: dict[str, tuple[Layer, Mapping[str, Day]]] = {
        **{year: ("library", days) for year, days in content.listed.items()},
        **{year: ("uploaded", one["days"]) for year, one in content.uploaded.items()},
    }
    layers = [*(lists[year] for year in sorted(lists)), ("override", content.overrides)]
    extra = makeup_hours(content)
    found: dict[str, Reason] = {}
    for layer, days in layers:
        for iso, day in days.items():
            hours = [] if day["kind"] == "closed" else day.get("hours", extra)
            found[iso] = Reason(date.fromisoformat(iso), hours, layer, day["kind"], day.get("name"))
    return dict(sorted(found.items()))


def reason_of(content: Content, day: date, special: Mapping[str, Reason]) -> Reason:
    """What a day is and why; `special` are the calendar's special days."""
    found = special.get(day.isoformat())
    return found or Reason(day, content.hours.get(WEEKDAYS[day.weekday()], []), "weekday")


def differing_days(content: Content) -> dict[str, Hours]:
    """The days whose hours are not those of their weekday, as other services are told."""
    found = special_days(content).items()
    return {iso: one.hours for iso, one in found if one.hours != content.hours.get(WEEKDAYS[one.date.weekday()], [])}


def as_calendar(content: Content) -> Calendar:
    """The calendar that working time is reckoned by."""
    days = {date.fromisoformat(iso): _spells(hours) for iso, hours in differing_days(content).items()}
    return Calendar(content.zone, {day: _spells(hours) for day, hours in content.hours.items()}, days)


def differences(before: Content, after: Content) -> list[tuple[Reason, Reason]]:
    """The special days of either that are not the same in both, as they are before and after."""
    old, new = special_days(before), special_days(after)
    days = [date.fromisoformat(iso) for iso in sorted(old.keys() | new.keys())]
    pairs = ((reason_of(before, day, old), reason_of(after, day, new)) for day in days)
    return [(was, becomes) for was, becomes in pairs if was != becomes]


def official_through(content: Content, present: int) -> date | None:
    """The last day of the last year that is official without a gap after the `present` year; None without any list."""
    years = official_years(content)
    if not years:
        return None
    past = [year for year in years if year <= present]
    last = max(past) if past else min(years)
    while last + 1 in years:
        last += 1
    return date(last, 12, 31)


def official_years(content: Content) -> set[int]:
    """The years with an official list."""
    return {int(year) for year in (*content.listed, *content.uploaded)}


def is_provisional(content: Content, through: date | None, day: date) -> bool:
    """Whether a day may still change by announcement; never where the provider follows no official list."""
    if through is None:
        return content.region != NO_REGION
    return day > through


def is_running_out(through: date | None, today: date) -> bool:
    """Whether the warning is due: 45 days before the last day that is official."""
    return through is not None and today >= through - WARNED_BEFORE


@lru_cache(maxsize=256)
def announced(region: str, present: int) -> Lists:
    """The official lists of a region that the library knows, by year, as far as `YEARS_AHEAD` of the `present` year.

    In China a year is announced when the library has its exchanged days: what it computes for a year without them is
    the law's, before the notice of the State Council (国务院办公厅). Elsewhere a year is official unless the library
    marks one of its days as estimated; days that are made up for are known of China alone.
    """
    if region == NO_REGION:
        return {}
    years = range(FIRST_YEAR, present + YEARS_AHEAD + 1)
    country: type[holidays.HolidayBase] = getattr(holidays, region)
    known = holidays.country_holidays(region, years=years, language=country.default_language)
    if region == CHINA:
        made_up = {day for day in known.weekend_workdays if day.year >= FIRST_YEAR}
        return {str(year): _in_china(known, made_up, year) for year in years if year in known.special_public_holidays}
    mark = known.tr(getattr(known, "estimated_label", "")).replace("%s", "").strip()
    lists: dict[str, dict[str, Day]] = {str(year): {} for year in years}
    for day, name in sorted(known.items()):
        if mark and mark in name:
            lists.pop(str(day.year), None)
        elif str(day.year) in lists:
            lists[str(day.year)][day.isoformat()] = {"kind": "closed", "name": name}
    return {year: days for year, days in lists.items() if days}


def _in_china(known: holidays.HolidayBase, made_up: set[date], year: int) -> dict[str, Day]:
    """The notice of one year: holidays with the weekends they take in, and the days that are made up for."""
    named = {day: name for day, name in known.items() if day.year == year}
    for _ in range(2):  # a Saturday may touch a holiday by its Sunday only
        named |= {day: BRIDGE for day in _touching(named, made_up) if day.year == year}
    closed: dict[date, Day] = {day: {"kind": "closed", "name": name} for day, name in named.items()}
    open_: dict[date, Day] = {day: {"kind": "open_extra", "name": MAKE_UP} for day in made_up if day.year == year}
    return {day.isoformat(): one for day, one in sorted((closed | open_).items())}


def _touching(named: Mapping[date, str], made_up: set[date]) -> Iterator[date]:
    neighbours = (day + step for day in named for step in (-DAY, DAY))
    return (day for day in neighbours if day.weekday() >= SATURDAY and day not in named and day not in made_up)


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries(include_aliases=False))


def _spells(hours: Hours) -> tuple[tuple[str, str], ...]:
    return tuple((begins, ends) for begins, ends in hours)
