"""The bases of events of persons' data, which each service that holds some declares as its own."""

from typing import Literal
from uuid import UUID

from contracts.base import Event


class Disclosed(Event):
    """All that is held of a person in one record was told, to be handed to that person."""

    person_id: UUID
    record_type: str
    record_id: UUID


class Erased(Event):
    """A person's data in one record were erased; the record stays. `rows` counts what became unreadable, by table."""

    person_id: UUID
    record_type: str
    record_id: UUID
    data_class: str
    basis: Literal["request", "retention"]
    rows: dict[str, int]
