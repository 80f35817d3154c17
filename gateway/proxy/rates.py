"""Rate limits: so many requests a second, and so many at once, by a virtual schedule (GCRA, ITU-T I.371)."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import ceil

from chassis import errors
from chassis.errors import Problem
from contracts.base import Text

MOST = 100_000
TOO_FAST = Text("Wait {seconds} s before the next request.", "请等待 {seconds} 秒后再请求。")


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit: its name for callers, requests a second in the long run, and requests at once."""

    name: str
    per_second: float
    burst: int


class RateLimit:
    """One limit for many subjects; it remembers the 100,000 that were seen last, each by one number.

    That number is when the subject's requests so far would have been served at the limit's rate. A request is refused
    when that lies further ahead than the burst allows.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._clock = rate, clock
        self._interval = 1 / rate.per_second
        self._ahead = rate.burst * self._interval
        self._served: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """How many subjects are remembered."""
        return len(self._served)

    def wait(self, subject: Hashable) -> float:
        """Seconds until the next request of a subject is within the limit; 0 when it is now. Counts nothing."""
        now = self._clock()
        return max(0.0, max(self._served.get(subject, now), now) + self._interval - self._ahead - now)

    def count(self, subject: Hashable) -> None:
        """Counts a request, within the limit or not, but never beyond its burst."""
        now = self._clock()
        served = max(self._served.get(subject, now), now) + self._interval
        self._served[subject] = min(served, now + self._ahead)
        self._served.move_to_end(subject)
        if len(self._served) > MOST:
            self._served.popitem(last=False)

    def admit(self, subject: Hashable) -> None:
        """Counts a request within the limit; raises a 429 problem beyond it."""
        seconds = self.wait(subject)
        if seconds > 1e-9:
            raise self.refusal(seconds)
        self.count(subject)

    def refusal(self, seconds: float) -> Problem:
        """The 429 problem, with the headers of draft-ietf-httpapi-ratelimit-headers."""
        whole, rate = ceil(seconds), self.rate
        headers = {
            "Retry-After": str(whole),
            "RateLimit-Policy": f'"{rate.name}";q={rate.burst};w={ceil(self._ahead)}',
            "RateLimit": f'"{rate.name}";r=0;t={whole}',
        }
        return Problem(errors.TOO_MANY, TOO_FAST.filled(seconds=whole), headers=headers)
