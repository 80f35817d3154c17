"""A short campaign: every operation, every phase and every caller, with few examples of each."""

import pytest

from tests.fuzz.campaign import campaign

pytestmark = pytest.mark.long


def test_every_operation_keeps_to_the_document_whatever_it_is_sent() -> None:
    outcomes = campaign(seed=1, examples=3)
    assert [outcome.report for outcome in outcomes if not outcome.clean] == []
    assert all(outcome.tested for outcome in outcomes)
