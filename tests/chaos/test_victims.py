"""Victims are let go again, whatever else stands still because of them."""

import asyncio
from collections.abc import Iterator

import psutil
import pytest

from tests.chaos.victims import MIDST_SECONDS, look
from tests.e2e.own_stack import OwnStack, own_stack

pytestmark = pytest.mark.long


@pytest.fixture
def stack() -> Iterator[OwnStack]:
    with own_stack() as stack:
        stack.start()
        yield stack


async def test_a_session_that_answers_no_more_is_looked_at_no_longer_than_any_other(stack: OwnStack) -> None:
    stopped: list[psutil.Process] = []

    def stop(pid: int) -> bool:
        stopped.append(psutil.Process(pid))
        stopped[-1].suspend()
        return False

    try:
        async with asyncio.timeout(2 * MIDST_SECONDS):
            assert await look(stack, "postgres", "SELECT pg_backend_pid() AS found", take=stop) is None
    finally:
        for session in stopped:
            session.resume()
    assert len(stopped) == 1
