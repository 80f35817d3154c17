"""Working time: the standard's vectors, China's official days, and the algebra of adding and measuring."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]
import holidays
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chassis.worktime import (
    WEEKDAYS,
    Calendar,
    NoWorkingTimeError,
    Spells,
    add_working_time,
    end_of_working_day,
    working_time_between,
)
from gateway.calendars.rules import Content, Day, announced, as_calendar, default_region, official_through
from tests.make.house import WORKDAYS

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT_HOURS: Spells = (("09:00", "12:00"), ("13:00", "18:00"))
WEEK: dict[str, Spells] = dict.fromkeys(WORKDAYS, EIGHT_HOURS)
DAY, NOTHING = timedelta(days=1), timedelta(0)


def seeded(zone: str = "Asia/Shanghai", present: int = 2026) -> Content:
    """The calendar with which a provider begins."""
    hours = {str(day): [list(spell) for spell in EIGHT_HOURS] for day in WORKDAYS}
    region = default_region(zone)
    return Content(zone, hours, region, None, announced(region, present), {}, {})


def without_make_up_days(content: Content) -> Calendar:
    """The same, as if weekends were never made up for."""
    whole = as_calendar(content)
    return Calendar(whole.zone, whole.hours, {day: spells for day, spells in whole.days.items() if not spells})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


VECTORS = [
    ("2025-09-26 17:00", 16, "2025-09-29 17:00", "2025-09-30 17:00"),
    ("2025-09-30 17:00", 24, "2025-10-11 17:00", "2025-10-13 17:00"),
]


@pytest.mark.feature("C14", "C15")
@pytest.mark.parametrize(("start", "hours", "with_them", "without_them"), VECTORS)
def test_a_limit_counts_make_up_days(start: str, hours: int, with_them: str, without_them: str) -> None:
    amount, content = timedelta(hours=hours), seeded()
    assert add_working_time(as_calendar(content), local(start), amount) == local(with_them)
    assert add_working_time(without_make_up_days(content), local(start), amount) == local(without_them)
    assert working_time_between(as_calendar(content), local(start), local(with_them)) == amount


@pytest.mark.feature("C15")
def test_the_official_days_of_2026_are_those_of_the_notice() -> None:
    holidays_2026 = {
        day
        for first, last in (("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"),
                            ("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07"))
        for day in days_from(date.fromisoformat(f"2026-{first}"), date.fromisoformat(f"2026-{last}"))
    }  # fmt: skip
    made_up = {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}
    listed = announced("CN", 2026)["2026"]
    assert {day for day, one in listed.items() if one["kind"] == "closed"} == {day.isoformat() for day in holidays_2026}
    assert {day[5:] for day, one in listed.items() if one["kind"] == "open_extra"} == made_up


@pytest.mark.feature("C14", "C15")
def test_every_day_of_2015_to_2026_is_what_two_libraries_say() -> None:
    calendar = as_calendar(seeded())
    known = holidays.country_holidays("CN", years=range(2015, 2027))
    days = list(days_from(date(2015, 1, 1), date(2026, 12, 31)))
    assert len(days) == 4383
    for day in days:
        working = calendar.is_working_day(day)
        assert working == chinese_calendar.is_workday(day), day
        assert working == known.is_working_day(day), day


def test_a_year_that_was_not_announced_is_not_official() -> None:
    """Of 2027 the library computes what the law says, but no exchanged days: the notice was not there."""
    assert holidays.country_holidays("CN", years=2027)
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(date(2027, 2, 8))
    assert max(announced("CN", 2026)) == "2026"
    assert official_through(seeded(), 2026) == date(2026, 12, 31)


def test_a_year_with_estimated_days_is_not_official() -> None:
    assert "2025" in announced("IN", 2026)
    assert "2027" not in announced("IN", 2026), "the moon decides, and the library says so"
    assert max(announced("DE", 2026)) == "2028", "the law decides"


def test_coverage_ends_before_the_first_year_that_is_missing() -> None:
    def through(*years: int, present: int = 2026) -> date | None:
        days: dict[str, Day] = {"2026-01-01": {"kind": "closed"}}
        lists = {str(year): days for year in years}
        return official_through(Content("UTC", {}, "none", None, lists, {}, {}), present)

    assert through() is None
    assert through(2024, 2025, 2026, 2028) == date(2026, 12, 31)
    assert through(2024, 2026, 2027) == date(2027, 12, 31)
    assert through(2023, 2024) == date(2024, 12, 31)
    assert through(2027, 2028) == date(2028, 12, 31)


def days_from(first: date, last: date) -> list[date]:
    return [first + DAY * number for number in range((last - first).days + 1)]


def test_nothing_is_over_at_once_also_at_night() -> None:
    night = local("2026-03-07 03:00")
    assert add_working_time(as_calendar(seeded()), night, NOTHING) == night
    assert working_time_between(as_calendar(seeded()), night, night) == NOTHING


def test_a_limit_ends_with_a_spell_and_not_with_the_next_one_s_beginning() -> None:
    calendar = Calendar("Asia/Shanghai", WEEK)
    assert add_working_time(calendar, local("2026-03-06 10:00"), timedelta(hours=7)) == local("2026-03-06 18:00")
    assert add_working_time(calendar, local("2026-03-06 18:00"), timedelta(hours=3)) == local("2026-03-09 12:00")


def test_a_negative_amount_is_refused_and_a_stretch_backwards_is_negative() -> None:
    calendar = Calendar("Asia/Shanghai", WEEK)
    with pytest.raises(ValueError, match="forwards"):
        add_working_time(calendar, local("2026-03-06 10:00"), timedelta(microseconds=-1))
    between = working_time_between(calendar, local("2026-03-06 18:00"), local("2026-03-06 10:00"))
    assert between == timedelta(hours=-7)


@pytest.mark.parametrize("hours", [{}, {"monday": ()}])
def test_a_calendar_without_working_time_is_told_within_twenty_years(hours: Mapping[str, Spells]) -> None:
    start = local("2026-03-06 10:00")
    with pytest.raises(NoWorkingTimeError, match="twenty years"):
        add_working_time(Calendar("Asia/Shanghai", hours), start, timedelta(microseconds=1))
    assert working_time_between(Calendar("Asia/Shanghai", hours), start, start + 400 * DAY) == NOTHING


ALL_DAY = (("00:00", "24:00"),)
AROUND_THE_CHANGE = {
    "Berlin loses an hour": ("Europe/Berlin", "2026-03-29", ALL_DAY, 23.0),
    "Berlin gains an hour": ("Europe/Berlin", "2026-10-25", ALL_DAY, 25.0),
    "New York loses an hour": ("America/New_York", "2026-03-08", ALL_DAY, 23.0),
    "Lord Howe loses half an hour": ("Australia/Lord_Howe", "2026-10-04", ALL_DAY, 23.5),
    "Lord Howe gains half an hour": ("Australia/Lord_Howe", "2026-04-05", ALL_DAY, 24.5),
    "Santiago has no midnight": ("America/Santiago", "2026-09-06", ALL_DAY, 23.0),
    "Samoa has no such day": ("Pacific/Apia", "2011-12-30", ALL_DAY, 0.0),
    "a spell in the gap": ("Europe/Berlin", "2026-03-29", (("02:10", "02:50"),), 0.0),
    "a spell into the gap": ("Europe/Berlin", "2026-03-29", (("01:00", "02:30"),), 1.0),
    "a spell out of the gap": ("Europe/Berlin", "2026-03-29", (("02:30", "04:00"),), 1.0),
    "spells that meet in the gap": ("Europe/Berlin", "2026-03-29", (("01:00", "02:30"), ("02:30", "04:00")), 2.0),
    "a spell over the repeated hour": ("Europe/Berlin", "2026-10-25", (("01:00", "04:00"),), 4.0),
    "a spell into the repeated hour": ("Europe/Berlin", "2026-10-25", (("01:00", "02:30"),), 1.5),
    "a spell out of the repeated hour": ("Europe/Berlin", "2026-10-25", (("02:30", "04:00"),), 2.5),
    "an office day": ("Europe/Berlin", "2026-03-29", EIGHT_HOURS, 8.0),
}


@pytest.mark.parametrize(("zone", "day", "spells", "hours"), AROUND_THE_CHANGE.values(), ids=AROUND_THE_CHANGE)
def test_a_day_on_which_the_clock_is_changed_has_the_time_that_passes(
    zone: str, day: str, spells: Spells, hours: float
) -> None:
    calendar = Calendar(zone, {}, {date.fromisoformat(day): spells})
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - 2 * DAY
    amount = working_time_between(calendar, start, start + 5 * DAY)
    assert amount == timedelta(hours=hours)
    if amount:
        assert working_time_between(calendar, start, add_working_time(calendar, start, amount)) == amount


ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC")
CHANGES = [
    datetime.fromisoformat(f"2026-{text}Z")
    for text in (
        "03-29 01:00", "10-25 01:00", "03-08 07:00", "11-01 06:00",
        "10-03 15:30", "04-04 15:00", "09-06 04:00", "04-05 03:00",
    )
]  # fmt: skip
MINUTES = st.integers(0, 24 * 60)


@st.composite
def spells(draw: st.DrawFn) -> Spells:
    """Spells of a day in order, to the minute, often at the hours when clocks are changed."""
    times = sorted(draw(st.sets(MINUTES | st.integers(0, 240), max_size=6)))
    pairs = zip(times[::2], times[1::2], strict=False)
    return tuple((clock_time(begins), clock_time(ends)) for begins, ends in pairs)


def clock_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Calendars with some working time, in zones with and without summer time."""
    hours = draw(st.dictionaries(st.sampled_from(WEEKDAYS), spells(), max_size=7))
    days = draw(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), spells(), max_size=10))
    # Whole Mondays: with a minute a week an amount would need more than the twenty years that are looked through.
    hours["monday"] = EIGHT_HOURS
    return Calendar(draw(st.sampled_from(ZONES)), hours, days)


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Instants of 2026, half of them near a change of the clock."""
    if draw(st.booleans()):
        return draw(st.sampled_from(CHANGES)) + draw(st.timedeltas(timedelta(hours=-30), timedelta(hours=30)))
    return datetime(2026, 1, 1, tzinfo=UTC) + draw(st.timedeltas(NOTHING, 365 * DAY))


AMOUNTS = st.timedeltas(NOTHING, timedelta(hours=120))


@given(calendars(), instants(), AMOUNTS)
def test_what_was_added_is_measured_again(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    end = add_working_time(calendar, start, amount)
    assert end >= start
    assert working_time_between(calendar, start, end) == amount
    assert working_time_between(calendar, end, start) == -amount


@given(calendars(), instants(), st.timedeltas(timedelta(microseconds=1), timedelta(hours=120)))
def test_what_is_added_ends_at_the_first_instant_that_has_it(
    calendar: Calendar, start: datetime, amount: timedelta
) -> None:
    end = add_working_time(calendar, start, amount)
    assert working_time_between(calendar, start, end - timedelta(microseconds=1)) < amount


@given(calendars(), instants(), instants())
def test_what_is_measured_leads_no_further_when_added(calendar: Calendar, start: datetime, end: datetime) -> None:
    start, end = sorted((start, end))
    amount = working_time_between(calendar, start, end)
    assert NOTHING <= amount <= end - start
    assert add_working_time(calendar, start, amount) <= end


@given(calendars(), instants(), AMOUNTS, AMOUNTS)
def test_adding_in_two_steps_is_adding_at_once(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle = add_working_time(calendar, start, first)
    assume(second or not first)  # nothing more leaves the first step's end
    assert add_working_time(calendar, middle, second) == add_working_time(calendar, start, first + second)


@given(calendars(), instants(), instants(), instants())
def test_a_stretch_is_the_sum_of_its_parts(calendar: Calendar, one: datetime, two: datetime, three: datetime) -> None:
    whole = working_time_between(calendar, one, three)
    assert whole == working_time_between(calendar, one, two) + working_time_between(calendar, two, three)


@given(calendars(), instants(), st.timedeltas(NOTHING, 800 * DAY))
def test_months_that_lie_whole_within_count_as_their_days_do(
    calendar: Calendar, start: datetime, longer: timedelta
) -> None:
    weeks = [*(start + 7 * DAY * number for number in range(longer // (7 * DAY) + 1)), start + longer]
    by_weeks = sum((working_time_between(calendar, begins, ends) for begins, ends in pairwise(weeks)), NOTHING)
    assert working_time_between(calendar, start, start + longer) == by_weeks


@given(calendars(), instants(), instants(), AMOUNTS, AMOUNTS)
def test_later_and_longer_never_end_earlier(
    calendar: Calendar, one: datetime, two: datetime, some: timedelta, more: timedelta
) -> None:
    earlier, later = sorted((one, two))
    less, most = sorted((some, more))
    assert add_working_time(calendar, earlier, less) <= add_working_time(calendar, earlier, most)
    assert add_working_time(calendar, earlier, less) <= add_working_time(calendar, later, less)


@given(calendars(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
@example(
    Calendar("Europe/Berlin", {}, {date(2026, 3, 29): (("02:10", "02:20"), ("02:30", "03:10"))}), date(2026, 3, 29)
)
def test_spells_of_one_day_and_the_next_follow_one_another(calendar: Calendar, day: date) -> None:
    found = [*calendar.spells(day), *calendar.spells(day + DAY)]
    assert all(begins < ends for begins, ends in found)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(found))


def test_a_day_whose_only_hour_the_clock_leaves_out_is_no_working_day() -> None:
    calendar = Calendar("Europe/Berlin", dict.fromkeys(WEEKDAYS, (("02:00", "03:00"),)))
    assert [calendar.is_working_day(date(2026, 3, day)) for day in (28, 29, 30)] == [True, False, True]
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert end_of_working_day(calendar, saturday, 1) == datetime(2026, 3, 30, 1, 0, tzinfo=UTC)
    assert end_of_working_day(calendar, saturday, 2) == datetime(2026, 3, 31, 1, 0, tzinfo=UTC)
