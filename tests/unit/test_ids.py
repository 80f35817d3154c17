"""Ids are ordered by time; codes survive the telephone and the keyboard."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import CROCKFORD, heard, new_code, new_id

codes = st.text(CROCKFORD, min_size=1, max_size=20)


def test_ids_are_uuids_of_version_7_in_the_order_of_their_making() -> None:
    ids = [new_id() for _ in range(1000)]
    assert {one.version for one in ids} == {7}
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_codes_have_the_length_that_is_asked_and_do_not_repeat() -> None:
    made = {new_code() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(code) for code in made} == {10}
    assert set("".join(made)) == set(CROCKFORD)
    assert len(new_code(4)) == 4


@given(codes, st.sampled_from([" ", "-", ".", "\u2013", "\u3000"]))
def test_a_code_is_heard_however_it_is_grouped_and_in_either_case(code: str, separator: str) -> None:
    grouped = separator.join(code[place : place + 2] for place in range(0, len(code), 2))
    assert heard(grouped.lower()) == code
    assert heard(f" {grouped} ") == code


@given(codes)
def test_letters_that_look_like_digits_are_heard_as_digits(code: str) -> None:
    assert heard(code.replace("1", "l").replace("0", "O")) == code
    assert heard(code.replace("1", "I").replace("0", "o")) == code


@given(codes)
def test_a_code_typed_on_a_chinese_keyboard_is_heard(code: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert unicodedata.east_asian_width(wide[0]) == "F"
    assert heard(wide) == code


@given(st.text(max_size=50))
def test_hearing_again_changes_nothing(typed: str) -> None:
    assert heard(heard(typed)) == heard(typed)
