"""Records of a file, read from any place in it: CSV and JSON Lines, with the line at which each begins."""

import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from chassis.imports.schemas import FileIn
from contracts.base import Text

BYTE_ORDER_MARKS = {"utf-8": b"\xef\xbb\xbf", "gb18030": b"\x84\x31\x95\x33"}

NOT_ENCODED = Text("The line holds bytes that are not {encoding}.", "该行含有不属于 {encoding} 编码的字节。")
NOT_CSV = Text(
    "The line is no CSV as declared: a quotation mark is not closed, or stands where none may.",
    "该行不是所声明格式的 CSV：引号未闭合或位置有误。",
)
NOT_JSON = Text("The line is no JSON object.", "该行不是 JSON 对象。")
WRONG_CELLS = Text(
    "The line has {found} cells, and the header {expected}.", "该行有 {found} 个单元格，表头有 {expected} 个。"
)

Values = Mapping[str, str | None]
MOST_RECORD_BYTES, MOST_RECORD_LINES, MOST_SECONDS = 256_000, 1_000, 0.5
"""What one record may have: an unclosed quotation mark shall not take the rest of the file with it each time."""


class Fault(NamedTuple):
    """Why a record cannot be read."""

    code: str
    said: Text


class ReadRecord(NamedTuple):
    """One record: the line at which it begins, and its values by column or why it has none."""

    line: int
    values: Values
    fault: Fault | None = None


class Place(NamedTuple):
    """Where in a file reading goes on: the byte, and the number of its line."""

    offset: int
    line: int


class LineTooLong(Exception):
    """One line is longer than what is read at a time."""


class _Cut(Exception):
    """A record goes on after what was read of the file."""


class _Lines(Iterator[str]):
    """The lines of a piece of a file, decoded as they are asked for; `at` and `taken` are where it stands.

    In both encodings no byte of a longer character is a line feed or a quotation mark.
    """

    def __init__(self, content: bytes, encoding: str, *, is_end: bool) -> None:
        self._content, self._encoding, self._is_end = content, encoding, is_end
        self.at = self.taken = 0
        self._begun = (0, 0)

    def begin(self) -> None:
        """Begins a record: what goes on for too long from here is none."""
        self._begun = (self.at, self.taken)

    def __next__(self) -> str:
        at, taken = self._begun
        if self.at - at > MOST_RECORD_BYTES or self.taken - taken >= MOST_RECORD_LINES:
            raise csv.Error("a record without an end")
        end = self._content.find(b"\n", self.at) + 1
        if end == 0:
            if not self._is_end:
                raise _Cut
            end = len(self._content)
            if end == self.at:
                raise StopIteration
        line, self.at = self._content[self.at : end], end
        self.taken += 1
        return line.decode(self._encoding)

    def after_line_of(self, at: int, taken: int) -> None:
        """Goes back to the line after the one that began at a place."""
        end = self._content.find(b"\n", at) + 1
        self.at, self.taken = end or len(self._content), taken + 1


def head_of(content: bytes, file: FileIn, *, is_end: bool) -> tuple[list[str] | None, Place]:
    """The columns of a file by its beginning (None for JSON Lines, where each record names its own), and what follows.

    Raises UnicodeDecodeError, csv.Error, and LineTooLong.
    """
    mark = BYTE_ORDER_MARKS[file.encoding]
    begin = len(mark) if content.startswith(mark) else 0
    if file.format == "jsonl":
        return None, Place(begin, 1)
    lines = _Lines(content[begin:], file.encoding, is_end=is_end)
    try:
        columns = next(csv.reader(lines, delimiter=file.delimiter, strict=True), [])
    except _Cut:
        raise LineTooLong from None
    return [column.strip() for column in columns], Place(begin + lines.at, 1 + lines.taken)


def read_records(
    content: bytes, place: Place, file: FileIn, columns: Sequence[str] | None, *, is_end: bool, most: int
) -> tuple[list[ReadRecord], Place]:
    """At most so many records of the content, which begins at a place of the file, and the place after them.

    It ends after half a second too, whatever it has by then: the rest is read when it is asked for again.

    Of a record that cannot be read only its first line is given up: a quotation mark that is not closed costs one
    line. Empty lines are passed over. Raises LineTooLong.
    """
    lines = _Lines(content, file.encoding, is_end=is_end)
    records = csv.reader(lines, delimiter=file.delimiter, strict=True) if columns is not None else None
    found: list[ReadRecord] = []
    until = time.monotonic() + MOST_SECONDS
    while len(found) < most and time.monotonic() < until:
        lines.begin()
        at, taken = lines.at, lines.taken
        line = place.line + taken
        try:
            if records is not None and columns is not None:
                record = _row(line, next(records), columns)
            else:
                record = _object(line, next(lines))
        except StopIteration:
            break
        except _Cut:
            if at > 0:
                lines.at, lines.taken = at, taken
                break
            if b"\n" not in content:
                raise LineTooLong from None
            record = ReadRecord(line, {}, Fault("not_csv", NOT_CSV))
        except UnicodeDecodeError:
            record = ReadRecord(line, {}, Fault("encoding", NOT_ENCODED.filled(encoding=file.encoding.upper())))
        except csv.Error:
            record = ReadRecord(line, {}, Fault("not_csv", NOT_CSV))
        if record is not None:
            if record.fault is not None and record.fault.code in {"encoding", "not_csv"}:
                lines.after_line_of(at, taken)
            found.append(record)
    return found, Place(place.offset + lines.at, place.line + lines.taken)


def _row(line: int, cells: list[str], columns: Sequence[str]) -> ReadRecord | None:
    if not cells:
        return None
    if len(cells) != len(columns):
        said = WRONG_CELLS.filled(found=len(cells), expected=len(columns))
        return ReadRecord(line, {}, Fault("wrong_number_of_cells", said))
    return ReadRecord(line, dict(zip(columns, cells, strict=True)))


def _object(line: int, text: str) -> ReadRecord | None:
    if not text.strip():
        return None
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        return ReadRecord(line, {}, Fault("not_json", NOT_JSON))
    return ReadRecord(line, dict(_flat(read, "")))


def _flat(part: Mapping[str, object], within: str) -> Iterator[tuple[str, str | None]]:
    """Values by name; those of an object within after a dot, as exports write them."""
    for name, value in part.items():
        match value:
            case dict():
                yield from _flat(value, f"{within}{name}.")
            case str() | None:
                yield within + name, value
            case _:
                yield within + name, orjson.dumps(value).decode()
