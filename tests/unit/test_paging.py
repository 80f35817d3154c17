"""Cursors say where a page begins, to the list that made them only."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import INVALID, Problem
from chassis.paging import CURSOR_AGE, Place, _read, _write
from chassis.sealing import Vault

VAULT, OTHER_VAULT = Vault("m" * 32), Vault("n" * 32)
NOW = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
BINDING, OTHER_BINDING = b"b" * 32, b"c" * 32
ROW_ID, AS_OF = UUID(int=7), NOW - timedelta(seconds=10)

instants = st.datetimes(timezones=st.just(UTC))
values = st.one_of(instants, st.integers(-(2**63), 2**63 - 1), st.text(max_size=50).filter(str.isprintable))


def write(value: object, row_id: UUID) -> str:
    """A cursor behind a row."""
    return _write(Place((value, row_id), AS_OF), VAULT, BINDING, NOW)


def refused(cursor: str, *, vault: Vault = VAULT, binding: bytes = BINDING, now: datetime = NOW) -> bool:
    with pytest.raises(Problem) as refusal:
        _read(cursor, vault, binding, now)
    assert refusal.value.kind is INVALID
    return [(one.pointer, one.code) for one in refusal.value.errors] == [("?cursor", "cursor_refused")]


@given(values, st.uuids())
def test_a_cursor_brings_back_the_value_and_the_id_of_the_last_row(value: object, row_id: UUID) -> None:
    cursor = write(value, row_id)
    assert _read(cursor, VAULT, BINDING, NOW) == ((value, row_id), AS_OF)
    assert len(cursor) <= 1000
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#"), "it goes into an address as it is"


@given(values, st.uuids())
def test_a_cursor_of_another_list_or_installation_is_refused(value: object, row_id: UUID) -> None:
    cursor = write(value, row_id)
    assert refused(cursor, binding=OTHER_BINDING)
    assert refused(cursor, vault=OTHER_VAULT)


@given(st.data())
def test_a_cursor_that_was_changed_is_refused(data: st.DataObject) -> None:
    cursor = write(NOW, ROW_ID)
    place = data.draw(st.integers(0, len(cursor) - 2))  # the last character has bits that carry nothing
    other = data.draw(st.sampled_from([one for one in "abcXYZ019-_" if one != cursor[place]]))
    assert refused(cursor[:place] + other + cursor[place + 1 :])


@given(st.text(max_size=200))
def test_whatever_is_sent_as_a_cursor_is_refused_and_breaks_nothing(text: str) -> None:
    assert refused(text)


def test_a_cursor_lives_for_a_day() -> None:
    cursor = write(1, ROW_ID)
    assert _read(cursor, VAULT, BINDING, NOW + CURSOR_AGE) == ((1, ROW_ID), AS_OF)
    assert refused(cursor, now=NOW + CURSOR_AGE + timedelta(seconds=1))
