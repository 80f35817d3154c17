"""What follows from digests and from the outcome of a comparison; pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.reconciliation.schemas import Hour

HOUR = timedelta(hours=1)
EVERY = HOUR
# The broker may still know, and drop, what was published within its duplicate window, 5 minutes.
AGAIN = timedelta(minutes=6)
BEHIND = timedelta(seconds=30)
RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=10)
COMPARED = timedelta(days=8)
"""How far back every comparison looks at least: a day more than the broker keeps events."""


def differing(told: "Iterable[Hour]", ours: "Iterable[Hour]") -> list[datetime]:
    """The hours in which the producer's events are not ours; one that only we have can lack nothing here."""
    known = {hour.at: hour for hour in ours}
    return [hour.at for hour in told if known.get(hour.at) != hour]


def within(hour: datetime, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """An hour as far as it lies between two instants."""
    return max(hour, since), min(hour + HOUR, until)


def retry_after(failures: int) -> timedelta:
    """The wait after so many failures in a row: 5 s, doubled each time, 10 minutes at most."""
    doubled: int = 2 ** min(failures - 1, 10)
    return min(RETRY * doubled, LONGEST_RETRY)
