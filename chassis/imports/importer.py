"""What a service says of one kind of record that it imports; the rest is the same for all."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from chassis.db import UnitOfWork
from chassis.imports.models import ImportJob
from chassis.imports.reading import Values
from chassis.imports.schemas import MappingIn
from contracts.base import Text

M = TypeVar("M", bound=MappingIn)


class Row(NamedTuple):
    """A record of a file: the line at which it begins, and its values by column."""

    line: int
    values: Values


class Refusal(NamedTuple):
    """Why a line is not taken; the message quotes nothing of it."""

    line: int
    column: str | None
    code: str
    message: Text


@dataclass(slots=True)
class Taken:
    """What became of some rows."""

    created: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Importer(Generic[M]):
    """One kind of record: its mapping, what tells two rows of the same record, and how rows are taken.

    `key(mapping, values)` is None for a row that `take` will refuse. `take` gets each record at most once of a file; in
    a dry run it counts and writes nothing. What was here before is left unchanged, so that a repeated import adds none.
    """

    kind: str
    mapping: type[M]
    key: Callable[[M, Values], str | None]
    take: Callable[[UnitOfWork, ImportJob, M, Sequence[Row]], Awaitable[Taken]]
