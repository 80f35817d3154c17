"""What a list is exported as: the format by Accept, columns by the item, and no cell that is a formula."""

import csv
import io
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chassis.errors import Problem
from chassis.exports import BOM, CSV, FORMULA, JSON, LINES, Table, formula_safe, preferred


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8", CSV),
        ("text/*", CSV),
        ("application/x-ndjson", LINES),
        ("text/csv;q=0.5, application/x-ndjson", LINES),
        ("application/json;q=0.1, text/csv;q=0.2, */*;q=0.05", CSV),
        ("application/*;q=0.9, application/json;q=0.1", LINES),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON),
        ("text/csv;q=0, */*", JSON),
        ("text/csv;q=much, application/x-ndjson;q=0.1", LINES),
        ("nonsense", JSON),
        ("text/csv;q=nan", JSON),
    ],
)
def test_the_format_is_what_the_caller_likes_best(accept: str | None, kind: str) -> None:
    assert preferred(accept) == kind


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "*/*;q=0"])
def test_what_a_list_cannot_be_had_as_is_406(accept: str) -> None:
    with pytest.raises(Problem) as refused:
        preferred(accept)
    assert refused.value.kind.status == 406


@given(st.text(max_size=80))
def test_any_accept_has_an_answer(accept: str) -> None:
    with suppress(Problem):
        assert preferred(accept) in {JSON, CSV, LINES}


class Part(BaseModel):
    """A part of an item."""

    system: str
    number: int


class Item(BaseModel):
    """An item with all that a cell can hold."""

    id: str
    part: Part | None
    tags: list[str]
    parts: list[Part]
    data: dict[str, Any]
    amount: float
    open: bool
    on: date | None


TABLE = Table.of(Item)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_part_within_an_item_has_columns_of_its_own() -> None:
    assert TABLE.head().startswith(BOM)
    head = "id,part.system,part.number,tags,parts,data,amount,open,on\r\n"
    assert TABLE.head().removeprefix(BOM) == head


def test_numbers_stay_numbers_and_what_is_missing_is_empty() -> None:
    item: dict[str, Any] = {
        "id": "a",
        "part": None,
        "tags": ["x", "y"],
        "parts": [{"system": "s", "number": -1}],
        "data": {"a": [1]},
    }
    item |= {"amount": -1.5, "open": True, "on": None}
    (row,) = read(TABLE.rows([item]))
    assert row == ["a", "", "", "x; y", '[{"system":"s","number":-1}]', '{"a":[1]}', "-1.5", "true", ""]


@given(st.text(max_size=30), st.sampled_from(FORMULA))
def test_no_text_is_a_formula_and_none_is_lost(text: str, beginning: str) -> None:
    text = text.replace("\x00", "")
    for one in (text, beginning + text):
        item: dict[str, Any] = {"id": one, "part": None, "tags": [one], "parts": [], "data": {}, "amount": 1}
        (row,) = read(TABLE.rows([item | {"open": False, "on": None}]))
        assert row[0] == row[3] == formula_safe(one)
        assert not row[0].startswith(FORMULA)
        assert row[0].removeprefix("'") == one.removeprefix("'")
