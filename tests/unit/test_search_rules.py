"""Which words a complaint is found by: Chinese anywhere in it, others by their beginning."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.search.rules import (
    BEGINNINGS,
    IS_UNSPACED,
    holds,
    sought_terms,
    sought_words,
    terms_of,
    words_of,
)
from tests.make.sentences import said, sentences

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("门户网站，。 VPNvpnＶＰＮ\n"), max_size=60)


def is_found(sought: str, text: str) -> bool:
    """Whether a search finds a text: its terms are there, and then the words are."""
    words, wanted = words_of(text), sought_words(sought)
    terms = sought_terms(wanted)
    return bool(terms) and terms <= terms_of(words) and holds(words, wanted)


@pytest.mark.parametrize(
    ("sought", "text"),
    [
        ("门户", "门户网站打不开"),
        ("网站", "门户网站打不开"),
        ("portal", "The Portal's down."),
        ("PORT", "portal down"),
        ("ｐｏｒｔａｌ", "Portal down"),
        ("Portal", "ＰＯＲＴＡＬ　ｄｏｗｎ"),
        ("down portal", "Portal down"),
        ("vpn连不上", "VPN 连不上"),
        ("连不上VPN", "VPN连不上"),
        ("000683", "工单000683244"),
        ("卡 系统", "系统太卡了"),
        ("断电后", "机房断\n电后无人接听"),
        ("STRASSE", "Hauptstraße? Straße!"),
        ("ﬁle", "File lost"),
        ("数据\u200b丢失", "数据丢失"),
        ("error_code 500", "error code: 500"),
    ],
)
def test_what_is_sought_is_found(sought: str, text: str) -> None:
    assert is_found(sought, text)


@pytest.mark.parametrize(
    ("sought", "text"),
    [
        ("站网", "门户网站打不开"),
        ("门户 电话", "门户网站打不开"),
        ("网站打开", "网站打不开，打开很慢"),
        ("ortal", "Portal down"),
        ("portals", "Portal down"),
        ("门户网站", "门户，网站"),
        ("站", "门户网站打不开"),
        ("a", "a portal"),
        ("。！", "门户网站。！"),
        ("", "门户网站"),
    ],
)
def test_what_is_not_there_or_too_short_is_not_found(sought: str, text: str) -> None:
    assert not is_found(sought, text)


def test_terms_without_the_words_are_found_out() -> None:
    words, sought = words_of("打不开门，不开门户"), sought_words("打不开门户")
    assert sought_terms(sought) <= terms_of(words)
    assert not holds(words, sought)


@given(TEXTS, TEXTS)
def test_a_text_that_holds_what_is_sought_has_all_its_terms(sought: str, text: str) -> None:
    wanted, words = sought_words(sought), words_of(text)
    if holds(words, wanted):
        assert sought_terms(wanted) <= terms_of(words)


@given(st.integers(0, 10_000), st.data())
def test_any_two_or_more_characters_in_a_row_of_a_chinese_complaint_find_it(seed: int, data: st.DataObject) -> None:
    title, words = said(random.Random(seed))
    text = f"{title}\n{words}"
    run = data.draw(st.sampled_from(sorted(one for one in words_of(text) if IS_UNSPACED.match(one) and len(one) > 1)))
    begin = data.draw(st.integers(0, len(run) - 2))
    end = data.draw(st.integers(begin + 2, len(run)))
    assert is_found(run[begin:end], text)


@given(TEXTS)
def test_a_text_is_found_by_each_of_its_words(text: str) -> None:
    for word in words_of(text):
        assert is_found(word, text) == (len(word) >= min(BEGINNINGS))


@given(TEXTS)
def test_width_and_case_make_no_difference(text: str) -> None:
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)
    assert words_of(wide) == words_of(text) == words_of("".join(one.upper() if one.isascii() else one for one in text))


def test_the_sentences_are_many_and_differ() -> None:
    assert len(set(sentences())) == len(sentences()) >= 100
