"""Rules of reconciliation: which hours differ, and how long to wait."""

from datetime import UTC, datetime, timedelta

from chassis.reconciliation.rules import HOUR, differing, retry_after, within
from chassis.reconciliation.schemas import Hour

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_an_hour_differs_by_count_or_digest_or_because_we_have_none_of_it() -> None:
    told = [Hour(NINE, 2, "a"), Hour(NINE + HOUR, 2, "b"), Hour(NINE + 2 * HOUR, 2, "c"), Hour(NINE + 3 * HOUR, 1, "d")]
    ours = [Hour(NINE, 2, "a"), Hour(NINE + HOUR, 1, "b"), Hour(NINE + 2 * HOUR, 2, "x"), Hour(NINE - HOUR, 9, "y")]
    assert differing(told, ours) == [NINE + HOUR, NINE + 2 * HOUR, NINE + 3 * HOUR]


def test_an_hour_in_another_zone_is_the_same_hour() -> None:
    zoned = NINE.astimezone().replace(microsecond=0)
    assert differing([Hour(NINE, 1, "a")], [Hour(zoned, 1, "a")]) == []


def test_the_hours_at_both_ends_of_a_page_are_cut() -> None:
    since, until = NINE + timedelta(minutes=10), NINE + timedelta(minutes=50)
    assert within(NINE, since, until) == (since, until)
    assert within(NINE, NINE - HOUR, NINE + 2 * HOUR) == (NINE, NINE + HOUR)


def test_waits_double_from_five_seconds_up_to_ten_minutes() -> None:
    waits = [retry_after(failures).total_seconds() for failures in (1, 2, 3, 7, 8, 1_000)]
    assert waits == [5, 10, 20, 320, 600, 600]
