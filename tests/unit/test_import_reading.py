"""How a file to import is read: records by the line at which they begin, from any place, and fields by the mapping."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis.imports.fields import NotRead, read_field
from chassis.imports.reading import LineTooLong, Place, ReadRecord, head_of, read_records
from chassis.imports.schemas import FieldIn, FileIn, TimeIn

CSV, LINES = FileIn(), FileIn(format="jsonl")


def whole(content: bytes, file: FileIn = CSV, most: int = 1000) -> list[ReadRecord]:
    """All records of a file, read so many at a time."""
    columns, place = head_of(content, file, is_end=True)
    found: list[ReadRecord] = []
    while place.offset < len(content):
        records, place = read_records(content[place.offset :], place, file, columns, is_end=True, most=most)
        found += records
    return found


def told(records: list[ReadRecord]) -> list[tuple[int, str | None]]:
    return [(one.line, one.fault.code if one.fault else None) for one in records]


def test_a_record_begins_at_the_line_that_an_editor_shows() -> None:
    content = b'a,b\r\n1,"two\r\nlines"\r\n\r\n2,"x, ""y"""\n3,z'
    assert told(whole(content)) == [(2, None), (5, None), (6, None)]
    assert [one.values for one in whole(content)] == [
        {"a": "1", "b": "two\r\nlines"}, {"a": "2", "b": 'x, "y"'}, {"a": "3", "b": "z"},
    ]  # fmt: skip


def test_a_quotation_mark_that_is_not_closed_costs_one_line() -> None:
    content = b'a,b\n1,"open\n2,x\n3,y\n'
    assert told(whole(content)) == [(2, "not_csv"), (3, None), (4, None)]
    assert told(whole(b'a,b\n1,"x"y\n2,z\n')) == [(2, "not_csv"), (3, None)]


def test_quotation_marks_that_are_never_closed_are_given_up_after_a_thousand_lines_each() -> None:
    content = b"a,b\n" + b'x","\n' * 3_000
    found = told(whole(content))
    assert [line for line, _ in found] == list(range(2, 3_002))
    assert {fault for _, fault in found[:2_000]} == {"not_csv"}


def test_a_record_of_many_lines_is_one() -> None:
    content = b'a,b\n1,"' + b"line\n" * 900 + b'"\n2,z\n'
    assert told(whole(content)) == [(2, None), (903, None)]


def test_a_line_with_other_cells_than_the_header_or_other_bytes_is_refused_alone() -> None:
    content = b"a,b\n1\n2,x,y\n" + b"3,\xff\n" + "4,好\n".encode()
    assert told(whole(content)) == [
        (2, "wrong_number_of_cells"), (3, "wrong_number_of_cells"), (4, "encoding"), (5, None),
    ]  # fmt: skip


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030")])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_encoding_and_a_delimiter_are_read_as_declared(encoding: str, declared: Any, delimiter: Any) -> None:
    content = f'编号{delimiter}内容\n1{delimiter}"系统“慢”，\n且不稳定"\n'.encode(encoding)
    (record,) = whole(content, FileIn(encoding=declared, delimiter=delimiter))
    assert record.values == {"编号": "1", "内容": "系统“慢”，\n且不稳定"}


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;\t'), max_size=12
).filter(lambda text: "\r" not in text)


@given(st.lists(st.tuples(cells, cells), max_size=12), st.sampled_from(["utf-8", "gb18030"]), st.integers(1, 5))
def test_what_was_written_is_read_however_many_at_a_time(rows: list[tuple[str, str]], encoding: Any, most: int) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    content = written.getvalue().encode(encoding)
    records = whole(content, FileIn(encoding=encoding), most)
    assert [tuple(one.values.values()) for one in records] == rows
    begins = [1 + written.getvalue()[:at].count("\n") for at in _begins(rows)]
    assert [one.line for one in records] == begins


def _begins(rows: list[tuple[str, str]]) -> list[int]:
    """Where each row begins in the text, counted by itself."""
    at, found = len('"a","b"\n'), []
    for row in rows:
        found.append(at)
        at += sum(len(cell) + cell.count('"') + 2 for cell in row) + 2
    return found


@given(st.lists(st.sampled_from(["1,x\n", '2,"a\nb"\n', "\n", '3,"\n', "4\n"]), max_size=30), st.integers(20, 40))
def test_a_window_that_cuts_a_record_changes_nothing(lines: list[str], window: int) -> None:
    content = ("a,b\n" + "".join(lines)).encode()
    columns, begin = head_of(content, CSV, is_end=True)
    unfinished = '"' in "".join(lines) and "3" in "".join(lines)
    found, place = list[ReadRecord](), begin
    while place.offset < len(content):
        piece = content[place.offset : place.offset + window]
        is_end = place.offset + window >= len(content)
        records, place = read_records(piece, place, CSV, columns, is_end=is_end, most=3)
        found += records
    if not unfinished:
        assert told(found) == told(whole(content))
    assert [one.line for one in found] == sorted({one.line for one in found})


def test_a_line_longer_than_what_is_read_at_a_time_is_too_long() -> None:
    with pytest.raises(LineTooLong):
        read_records(b"x" * 100, Place(0, 1), CSV, ["a"], is_end=False, most=10)
    with pytest.raises(LineTooLong):
        head_of(b"x" * 100, CSV, is_end=False)


def test_json_lines_are_objects_whose_parts_have_names_with_dots() -> None:
    content = b'{"a": "x", "b": {"c": 1, "d": null}, "e": true}\n\n[1]\n{"a": \n'
    records = whole(content, LINES)
    assert told(records) == [(1, None), (3, "not_json"), (4, "not_json")]
    assert records[0].values == {"a": "x", "b.c": "1", "b.d": None, "e": "true"}


UNKNOWN = ["?", "n/a"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (FieldIn(column="a"), "One"),
        (FieldIn(column="b"), None),
        (FieldIn(column="c", default="d"), "d"),
        (FieldIn(column="none of these"), None),
        (FieldIn(constant="?"), "?"),
        (FieldIn(column="a", values={"One": "1"}), "1"),
        (FieldIn(column="label", code=True), "category-55"),
        (FieldIn(template="{a} and {b}.", default="nothing"), "One and nothing."),
        (FieldIn(template="{a} and {b}."), "One and ."),
        (FieldIn(template="{b}"), None),
        (FieldIn(template="{a.__class__} {0}"), None),
        (TimeIn(column="at", format="%d-%m-%Y %H:%M", zone="Asia/Shanghai"), datetime(2016, 2, 28, 17, 16, tzinfo=UTC)),
        (TimeIn(column="iso"), datetime(2016, 2, 29, 1, 16, tzinfo=UTC)),
        (TimeIn(column="b"), None),
    ],
)
def test_a_field_comes_from_where_the_mapping_says(field: FieldIn | TimeIn, value: object) -> None:
    row = {"a": " One ", "b": "?", "c": "", "label": "Category 55", "at": "29-02-2016 01:16"}
    assert read_field(field, row | {"iso": "2016-02-29T09:16+08:00"}, UNKNOWN) == value


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (FieldIn(column="a", values={"Two": "2"}), "value_not_mapped"),
        (TimeIn(column="a"), "time_format"),
        (TimeIn(column="late"), "time_format"),
        (TimeIn(column="a", format="%d-%m-%Y"), "time_format"),
    ],
)
def test_a_value_that_is_not_as_declared_is_told_without_quoting_it(field: FieldIn | TimeIn, code: str) -> None:
    with pytest.raises(NotRead) as refused:
        read_field(field, {"a": "One", "late": "9999-12-31T23:59-12:00"}, UNKNOWN)
    assert refused.value.code == code
    assert "One" not in str(refused.value.said)


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"column": "a", "constant": "b"},
        {"column": ""},
    ],
)
def test_a_field_has_one_source(declared: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FieldIn(**declared)


@pytest.mark.parametrize(
    "declared", [{"zone": "Mars/Base"}, {"zone": "../etc"}, {"format": "%H:%M"}, {"format": "%d.%m"}, {"format": "%Q"}]
)
def test_a_zone_and_a_format_of_times_exist(declared: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TimeIn(column="a", **declared)
