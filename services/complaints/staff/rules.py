"""Who stands near whom, who is above, who is named, and on which days something held: pure functions."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from services.complaints.staff.models import DepartmentCopy, StaffCopy

DAY = timedelta(days=1)
PERSON = "person:"
"""What stands before the account in the name of one who acts."""
NAMING = frozenset(
    {"handler_id", "former_handler_id", "backup_id", "caller_id", "reviewer_id", "owner_id", "to_id", "account_id"}
)
"""The fields of what a step left on record that name a person who works for the provider."""


class Span(NamedTuple):
    """Days from a first to a last one, both included."""

    first: date
    last: date


def account_of(actor: str) -> UUID | None:
    """The account of a person who acted; None for machines, the public and the system."""
    return UUID(actor.removeprefix(PERSON)) if actor.startswith(PERSON) else None


def ids_in(data: object, names: Collection[str]) -> Iterator[UUID]:
    """The ids that stand in some fields of what a step left on record, however deep."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if name in names and value is not None:
                yield UUID(str(value))
            else:
                yield from ids_in(value, names)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for one in data:
            yield from ids_in(one, names)


def unit_of(person: "StaffCopy") -> UUID:
    """Where somebody works day by day: in their team, or in the department where they have none."""
    return person.team_id or person.department_id


def are_near(one: "StaffCopy", other: "StaffCopy", units: Collection["DepartmentCopy"]) -> bool:
    """Whether two people are in one direct team; who heads a unit counts as in it (回避).

    `units` are those that either of them heads.
    """
    return bool(_units(one, units) & _units(other, units))


def _units(person: "StaffCopy", units: Iterable["DepartmentCopy"]) -> set[UUID]:
    return {unit_of(person), *(unit.id for unit in units if unit.active and unit.head_id == person.id)}


def head_of_all(named: UUID | None, departments: Collection["DepartmentCopy"]) -> UUID | None:
    """Who heads the provider (负责人): whoever is named, else the head of its only department; None where nobody knows.

    `departments` are at least two of those that there are, where there are so many.
    """
    if named is not None or len(departments) != 1:
        return named
    (only,) = departments
    return only.head_id


def head_above(person: "StaffCopy", units: Collection["DepartmentCopy"]) -> UUID | None:
    """The account of the head of the next level up, None at the top; a level without a head is passed over.

    `units` are those around: where the person works, what the person heads, and what those belong to. Whoever heads a
    department is at the top; whoever heads a team has the head of its department above.
    """
    known = {unit.id: unit for unit in units if unit.active}
    headed = {unit.parent_id for unit in known.values() if unit.head_id == person.id}
    if None in headed:
        return None
    levels, of_teams = [person.team_id, person.department_id], sorted(parent for parent in headed if parent)
    if of_teams:
        levels = [person.department_id if person.department_id in of_teams else of_teams[0]]
    heads = (known[level].head_id for level in levels if level in known)
    return next((head for head in heads if head not in (None, person.id)), None)


def merged(spans: Iterable[Span], within: Span) -> list[Span]:
    """Spans as far as they lie within another, in order; those that touch or overlap are one."""
    whole: list[Span] = []
    for span in sorted(Span(max(one.first, within.first), min(one.last, within.last)) for one in spans):
        if span.first > span.last:
            continue
        if whole and span.first <= whole[-1].last + DAY:
            whole[-1] = Span(whole[-1].first, max(whole[-1].last, span.last))
        else:
            whole.append(span)
    return whole
