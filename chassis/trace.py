"""The trace of a request: its id goes through logs, problems, journal and events (W3C Trace Context)."""

import random
import re
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NONE = "0" * 32
_RANDOM = random.Random()  # noqa: S311 - nobody need be kept from guessing a trace


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace id of 32 hexadecimal digits."""

    id: str

    @property
    def correlation(self) -> UUID:
        """The same 128 bits as the id that journal entries and events are correlated by."""
        return UUID(self.id)

    @property
    def traceparent(self) -> str:
        """The header that hands the trace on, with a span of our own."""
        return f"00-{self.id}-{_digits(8)}-01"


def trace_from(traceparent: str | None) -> Trace:
    """The caller's trace if its `traceparent` is well formed, else a new one."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return Trace(match[1] if match and match[1] != _NONE else _digits(16))


def trace_of(correlation: UUID) -> Trace:
    """The trace that a correlation id came from."""
    return Trace(correlation.hex)


def _digits(length: int) -> str:
    """So many random bytes in hexadecimal digits."""
    return _RANDOM.randbytes(length).hex()


current_trace: ContextVar[Trace] = ContextVar("current_trace")


def present_trace() -> Trace:
    """The trace of the work at hand; a new one where none was begun."""
    try:
        return current_trace.get()
    except LookupError:
        trace = trace_from(None)
        current_trace.set(trace)
        return trace
