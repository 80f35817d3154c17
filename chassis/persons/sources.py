"""Where a service keeps what tells of persons, as its slices declare it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from chassis.db import UnitOfWork
from contracts.base import Event, Text

Basis = Literal["request", "retention"]
"""Why a person is erased: somebody asked for it, or the time that data of the class are kept is over."""


class Place(NamedTuple):
    """A person in a record: a person's key seals what that record holds of this person."""

    person_id: UUID
    record_type: str
    record_id: UUID
    role: str


class Told(NamedTuple):
    """All that a source holds of a person, in plain words, with the record that it stands in."""

    place: Place
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonSource:
    """One kind of record that holds personal data, and what can be done with it; each in the unit of work it is given.

    `data_class` is the class whose retention applies, `kept_years` how long by default after the record has ended.
    `tables` are those that hold its sealed columns or wrapped keys. `find` gets hashes of ways to reach a person (None:
    it keeps no such hashes), `tell` everything of a person (None: unknown here), `erase` destroys the person's keys and
    whatever finds the person (rows by table; a 409 problem while the record needs the person), `ended` the persons, at
    most so many, whose record ended before an instant and who are not erased, `everyone` those whose id follows
    another's, at most so many; `noted` puts an erasure on the record itself, with its basis (None: the proof does).
    """

    data_class: str
    title: Text
    kept_years: int
    tables: frozenset[str]
    find: Callable[[UnitOfWork, Sequence[bytes]], Awaitable[list[Place]]] | None
    tell: Callable[[UnitOfWork, UUID], Awaitable[Told | None]]
    erase: Callable[[UnitOfWork, UUID], Awaitable[dict[str, int]]]
    ended: Callable[[UnitOfWork, datetime, int], Awaitable[list[Place]]]
    everyone: Callable[[UnitOfWork, UUID | None, int], Awaitable[list[Place]]]
    noted: Callable[[UnitOfWork, Place, Basis], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class PersonDesk:
    """What a service needs to answer for the personal data it holds: its sources, and the events of its journal."""

    service: str
    sources: tuple[PersonSource, ...]
    erased: type[Event]
    disclosed: type[Event]

    def source(self, data_class: str) -> PersonSource | None:
        """The source of a class of data."""
        return next((one for one in self.sources if one.data_class == data_class), None)
