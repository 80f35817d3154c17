"""Masks show that there is something and no more; years of retention are calendar years."""

from datetime import UTC, datetime

import pytest

from chassis.persons.rules import ended_before, masked_email, masked_name, masked_number, masked_text


def test_a_mask_keeps_what_tells_two_apart_and_hides_who_it_is() -> None:
    assert masked_name("王芳") == "王**"
    assert masked_number("+86 138 0000 1234") == "***1234"
    assert masked_email("wang.fang@customer.example") == "w***@customer.example"
    assert masked_text("The portal was down.") == "***"


def test_a_mask_of_nothing_is_nothing() -> None:
    assert [mask(None) for mask in (masked_name, masked_number, masked_email, masked_text)] == [None] * 4


@pytest.mark.parametrize("name", ["王", "Ann", "欧阳小明"])
def test_a_masked_name_does_not_tell_its_length(name: str) -> None:
    assert len(masked_name(name) or "") == 3


@pytest.mark.parametrize(
    ("now", "years", "before"),
    [((2026, 11, 23), 5, (2021, 11, 23)), ((2028, 2, 29), 5, (2023, 2, 28)), ((2028, 2, 29), 4, (2024, 2, 29))],
)
def test_retention_counts_calendar_years(now: tuple[int, int, int], years: int, before: tuple[int, int, int]) -> None:
    assert ended_before(datetime(*now, tzinfo=UTC), years) == datetime(*before, tzinfo=UTC)
