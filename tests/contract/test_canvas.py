"""A service's README is its canvas: every command, query, event and reaction stands in it, and nothing else does."""

import re
from collections.abc import Iterator

import pytest

from chassis.access import SignedIn
from deploy.topology import EDGE, SERVICES
from tests.make.operations import description_of, operations
from tests.make.sources import ROOT

BEHIND_THE_EDGE = sorted(SERVICES.keys() - {EDGE})
COLUMNS = {"Commands": 2, "Queries": 2, "Events out": 1, "Events in": 2}
"""The sections of a canvas, and how many leading cells of a row say what it is about; the last one is prose."""

Row = tuple[str, ...]
each_service = pytest.mark.parametrize("service", BEHIND_THE_EDGE)


def rows(canvas: str, section: str) -> list[Row]:
    """The leading cells of a section's table, without the marks of code; empty where the section has no table."""
    found = re.search(rf"^## {section}$\n(.*?)(?=^## |\Z)", canvas, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the canvas has no section “{section}”"
    lines = [line for line in found[1].splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert all(len(row) == COLUMNS[section] + 1 and all(row) for row in cells), (
        f"a row of “{section}” has an empty cell"
    )
    return [tuple(cell.strip("`") for cell in row[: COLUMNS[section]]) for row in cells]


def canvas_of(service: str) -> str:
    return (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")


def requests(service: str, *, reading: bool) -> Iterator[Row]:
    """Each request of a service with who may send it."""
    for operation in operations():
        if operation.service == service and (operation.method == "GET") == reading:
            permission = None if operation.access is None else operation.access.permission
            everybody = "anyone signed in" if isinstance(operation.access, SignedIn) else "anyone"
            yield (f"{operation.method} {operation.path}", permission or everybody)


def compare(service: str, section: str, actual: Iterator[Row]) -> None:
    """Fails with what is missing in the canvas and with what is in it but not in the service."""
    stated, real = rows(canvas_of(service), section), list(actual)
    missing, stale = sorted(set(real) - set(stated)), sorted(set(stated) - set(real))
    where = f"services/{service}/README.md, {section}"
    assert not missing, f"{where}: enter {missing}"
    assert not stale, f"{where}: the service has no {stale}"
    assert len(stated) == len(set(stated)), f"{where}: a row stands twice"


@each_service
def test_every_command_stands_in_the_canvas(service: str) -> None:
    compare(service, "Commands", requests(service, reading=False))


@each_service
def test_every_query_stands_in_the_canvas(service: str) -> None:
    compare(service, "Queries", requests(service, reading=True))


@each_service
def test_every_event_that_the_service_publishes_stands_in_the_canvas(service: str) -> None:
    compare(service, "Events out", ((name,) for name in description_of(service).events))


@each_service
def test_every_reaction_stands_in_the_canvas(service: str) -> None:
    reactions = description_of(service).reactions
    compare(service, "Events in", ((event.TYPE, one.handle.__name__) for one in reactions for event in one.events))


CANVAS = """
# Example

## Commands

| request | who | what it does |
|---|---|---|
| `POST /v1/examples` | `examples.example.create` | makes one |
| `POST /v1/public/{provider}/examples` | anyone | makes one too |

## Events out

None.
"""


def test_a_table_is_read_without_its_head_and_its_prose() -> None:
    assert rows(CANVAS, "Commands") == [
        ("POST /v1/examples", "examples.example.create"),
        ("POST /v1/public/{provider}/examples", "anyone"),
    ]


def test_a_section_may_be_empty_but_not_missing() -> None:
    assert rows(CANVAS, "Events out") == []
    with pytest.raises(AssertionError, match="no section “Queries”"):
        rows(CANVAS, "Queries")


def test_a_row_needs_its_prose() -> None:
    with pytest.raises(AssertionError, match="empty cell"):
        rows(CANVAS.replace("makes one too", ""), "Commands")
