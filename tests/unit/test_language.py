"""The language of an answer follows Accept-Language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.language import language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh-CN"),
        ("zh-CN", "zh-CN"),
        ("zh-Hant-TW", "zh-CN"),
        ("ZH-cn", "zh-CN"),
        ("en-GB,zh;q=0.9", "en"),
        ("zh;q=0.9,en-GB", "en"),
        ("en;q=0.5, zh;q=0.8", "zh-CN"),
        ("de-DE, fr;q=0.9", "en"),
        ("de, zh-CN;q=0.4, en;q=0.3", "zh-CN"),
        ("zh;q=0", "en"),
        ("zh;q=none, en;q=0.1", "en"),
        ("*", "en"),
        ("zhx", "en"),
        ("zh ; q=0.9", "zh-CN"),
    ],
)
def test_the_language_that_is_wanted_more_wins(header: str | None, language: str) -> None:
    assert language_of(header) == language


@given(st.text())
def test_any_header_leads_to_one_of_the_two(header: str) -> None:
    assert language_of(header) in {"en", "zh-CN"}


@given(
    st.lists(st.sampled_from(["de", "fr;q=0.3", "es-MX;q=1", "x"]), max_size=10), st.sampled_from(["zh", "zh-SG;q=0.1"])
)
def test_languages_that_we_do_not_have_do_not_matter(others: list[str], chinese: str) -> None:
    assert language_of(",".join([*others, chinese])) == "zh-CN"
