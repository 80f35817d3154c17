"""The standard's clauses and requirements, as clauses.toml beside this module lists them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.base import Text


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing a clause asks, what counts as met, and from which records that is judged.

    `collections` are the collections of collections.toml that hold the records; `system` is the title of the written
    system (制度) that must be in force, or None where none is asked.
    """

    id: str
    asked: Text
    met: Text
    records: Text
    collections: tuple[str, ...]
    system: Text | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its number, title, the audiences (4a to 4d) it serves, the services that own it, what it asks."""

    number: str
    title: Text
    audiences: tuple[str, ...]
    services: tuple[str, ...]
    requirements: tuple[Requirement, ...]

    @property
    def parent(self) -> str | None:
        """The number of the clause this one is part of (`8` for `8.2`, `4` for `4a`), None for a chapter."""
        chapter = self.number[0]
        return None if self.number == chapter else chapter


def read(toml: str) -> tuple[Clause, ...]:
    """Clauses from the text of clauses.toml, in its order.

    Raises TypeError or KeyError where a field or one of a text's two languages is missing or unknown, and ValueError
    where a number or id stands twice.
    """
    clauses = tuple(_clause(**row) for row in tomllib.loads(toml)["clause"])
    _refuse_doubles(clause.number for clause in clauses)
    _refuse_doubles(requirement.id for clause in clauses for requirement in clause.requirements)
    return clauses


def _clause(
    *,
    number: str,
    title: Mapping[str, str],
    audiences: list[str],
    services: list[str],
    requirement: Iterable[Mapping[str, Any]] = (),
) -> Clause:
    requirements = tuple(_requirement(**row) for row in requirement)
    return Clause(number, Text(**title), tuple(audiences), tuple(services), requirements)


def _requirement(
    *,
    id: str,  # noqa: A002 - the name it has in the table
    asked: Mapping[str, str],
    met: Mapping[str, str],
    records: Mapping[str, str],
    collections: list[str],
    system: Mapping[str, str] | None = None,
) -> Requirement:
    written = None if system is None else Text(**system)
    return Requirement(id, Text(**asked), Text(**met), Text(**records), tuple(collections), written)


def _refuse_doubles(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{name} stands twice in clauses.toml")
        seen.add(name)


CLAUSES: Final[Mapping[str, Clause]] = {
    clause.number: clause for clause in read(Path(__file__).with_name("clauses.toml").read_text(encoding="utf-8"))
}
REQUIREMENTS: Final[Mapping[str, Requirement]] = {
    requirement.id: requirement for clause in CLAUSES.values() for requirement in clause.requirements
}
