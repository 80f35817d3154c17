"""Past cases of an incident log in the form of ServiceNow's, as the complaints that a provider would bring along."""

import csv
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SYSTEM = "servicenow"
UNKNOWN = "?"
LEVELS = {"1 - High": "high", "2 - Medium": "medium", "3 - Low": "low"}
PRIORITIES = {"1 - Critical": "critical", "2 - High": "high", "3 - Moderate": "moderate", "4 - Low": "low"}
TENTH = 10
"""Every tenth case, in the order of the file, is filed with a security concern."""


@dataclass(frozen=True)
class Case:
    """A case by its number, and the complaint that it becomes: the body of `POST /v1/complaints`."""

    number: str
    complaint: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The Idempotency-Key of its filing: the same each time it is filed."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SYSTEM}:{self.number}"))


@dataclass(frozen=True)
class Figures:
    """How many cases a file has, of which categories and priorities as the file names them, how many with a concern."""

    cases: int
    concerned: int
    categories: Counter[str]
    priorities: Counter[str]


def read_cases(file: Path) -> list[Case]:
    """Each case of the log from its last row, in the order of the first ones.

    Raises OSError, KeyError for a column or code that is missing, ValueError for a time that is not
    `DD-MM-YYYY HH:MM`.
    """
    rows = _last_rows(file).items()
    return [Case(number, _complaint(number, row, place % TENTH == 0)) for place, (number, row) in enumerate(rows, 1)]


def count(file: Path) -> Figures:
    """The figures of a log, counted from its rows alone."""
    rows = _last_rows(file).values()
    return Figures(
        cases=len(rows),
        concerned=len(rows) // TENTH,
        categories=Counter(row["category"] for row in rows),
        priorities=Counter(row["priority"] for row in rows),
    )


def category_code(label: str) -> str:
    """The code of a category: `Category 55` becomes `category-55`, an unknown one `unclassified`."""
    return "unclassified" if label == UNKNOWN else label.lower().replace(" ", "-")


def _last_rows(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["number"]: row for row in csv.DictReader(lines)}


def _complaint(number: str, row: Mapping[str, str], concerned: bool) -> dict[str, Any]:
    return {
        "channel": "other",
        "external_reference": {"system": SYSTEM, "id": number},
        "received_at": datetime.strptime(row["opened_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC).isoformat(),
        "category": category_code(row["category"]),
        "urgency": LEVELS[row["urgency"]],
        "impact": LEVELS[row["impact"]],
        "priority": PRIORITIES[row["priority"]],
        "concerns": ["security"] if concerned else [],
        "language": "en",
        "words": f"What failed: {_named(row['subcategory'])}. How it showed: {_named(row['u_symptom'])}.",
    } | _complainant(row)


def _complainant(row: Mapping[str, str]) -> dict[str, Any]:
    """Who complains; without a place to be reached at, nobody can be told, and the complaint is anonymous."""
    if row["location"] == UNKNOWN:
        return {"anonymous": True}
    name = None if row["caller_id"] == UNKNOWN else row["caller_id"]
    return {"parties": [{"role": "complainant", "name": name, "address": row["location"]}]}


def _named(code: str) -> str:
    return "not recorded" if code == UNKNOWN else code[0].lower() + code[1:]
