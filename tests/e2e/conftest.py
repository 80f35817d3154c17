"""A running stack for the journeys: one for each process of tests."""

from collections.abc import Iterator

import pytest

from tests.e2e.own_stack import OwnStack, own_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[OwnStack]:
    """Everything running, with the demonstration provider."""
    with own_stack() as stack:
        stack.start()
        yield stack
