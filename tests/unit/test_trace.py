"""The trace of a request is the caller's when that is well formed, and ours otherwise."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.trace import trace_from, trace_of

CALLERS = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def test_a_well_formed_trace_of_the_caller_goes_on() -> None:
    assert trace_from(f"00-{CALLERS}-00f067aa0ba902b7-01").id == CALLERS


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        CALLERS,
        f"00-{CALLERS}",
        f"01-{CALLERS}-00f067aa0ba902b7-01",
        f"00-{CALLERS.upper()}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{CALLERS}-00f067aa0ba902b7-01\n",
        f"00-{CALLERS}-00f067aa0ba902b7-01-more",
    ],
)
def test_anything_else_begins_a_trace_of_our_own(header: str | None) -> None:
    one, other = trace_from(header), trace_from(header)
    assert re.fullmatch("[0-9a-f]{32}", one.id)
    assert one.id not in {CALLERS, "0" * 32, other.id}


@given(st.text())
def test_no_header_breaks_a_request(header: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", trace_from(header).id)


@given(st.uuids())
def test_correlation_and_trace_are_the_same_bits(correlation: object) -> None:
    trace = trace_of(correlation)  # type: ignore[arg-type]
    assert trace.correlation == correlation
    assert TRACEPARENT.fullmatch(trace.traceparent)
    assert trace_from(trace.traceparent).correlation == correlation
    assert trace.traceparent != trace.traceparent, "each hand-over is a span of its own"
