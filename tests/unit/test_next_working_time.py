"""The next working time: where a limit's working time is counted from, and when people may be reached."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.worktime import Calendar, NoWorkingTimeError, next_working_time, working_time_between

DAY = (("09:00", "12:00"), ("13:00", "18:00"))
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), DAY)
HOLIDAYS: dict[date, tuple[tuple[str, str], ...]] = {
    **{date(2025, 10, day): () for day in range(1, 9)},
    date(2025, 10, 11): DAY,
}
SHANGHAI = Calendar("Asia/Shanghai", WEEK, HOLIDAYS)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2025-09-29T09:00", "2025-09-29T09:00"),
        ("2025-09-29T11:59", "2025-09-29T11:59"),
        ("2025-09-29T12:00", "2025-09-29T13:00"),
        ("2025-09-29T23:30", "2025-09-30T09:00"),
        ("2025-09-30T18:00", "2025-10-09T09:00"),
        ("2025-10-10T18:00", "2025-10-11T09:00"),
        ("2025-10-11T18:00", "2025-10-13T09:00"),
    ],
)
def test_the_next_working_time_is_now_or_when_work_begins_again(at: str, expected: str) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    assert next_working_time(SHANGHAI, local) == datetime.fromisoformat(expected).replace(tzinfo=ZONE)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
@given(minutes=st.integers(0, 60 * 24 * 400))
def test_no_working_time_lies_before_it_and_some_follows_at_once(zone: str, minutes: int) -> None:
    calendar = Calendar(zone, WEEK, HOLIDAYS)
    at = datetime(2025, 9, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = next_working_time(calendar, at)
    assert found >= at
    assert working_time_between(calendar, at, found) == timedelta(0)
    assert working_time_between(calendar, found, found + timedelta(minutes=1)) > timedelta(0)


@pytest.mark.parametrize("hours", [{}, {"monday": ()}])
def test_a_calendar_without_work_has_no_next_working_time(hours: dict[str, tuple[tuple[str, str], ...]]) -> None:
    with pytest.raises(NoWorkingTimeError):
        next_working_time(Calendar("Asia/Shanghai", hours), datetime(2025, 9, 1, tzinfo=UTC))
