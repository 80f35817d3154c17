"""Whole rows, read and written by SQL that is made once for each shape: what every request does, past the session."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar, overload

import orjson
from sqlalchemy import Delete, Select, Update, bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from chassis.tables import ONCE, STATE, Base, Record

T = TypeVar("T")
A = TypeVar("A", bound=Base)
B = TypeVar("B", bound=Base)
K = TypeVar("K", bound=Record)

DIALECT = dialect()  # type: ignore[no-untyped-call]
SHAPES_KEPT = 1_000
"""Statements made of others that a process keeps, the last used ones."""
IS_HELD = "EXISTS (SELECT FROM held)"
"""A condition that PostgreSQL asks before it looks for any row, since it is about none."""
PLACE = re.compile(r"\$(\d+)")
Identity = tuple[Any, tuple[Any, ...], None]
"""What SQLAlchemy tells rows apart by: class, primary key, and a token that nobody uses."""
Keep = Callable[[Base], Base]
"""Makes sure that a row is one object within a unit of work: `keep(row)` gives the one known already."""


class Statement(NamedTuple):
    """A statement with its values, `$1` and on; `name` is what other statements sent with it know its rows by.

    One that is `sure` finds exactly one row and returns it: where it finds none, the row has gone meanwhile, or is not
    as it was. `held` is the same statement where the query `held` stands beside it, which sets the provider.
    """

    text: str
    values: tuple[Any, ...]
    name: str | None = None
    sure: bool = False
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Shape(Generic[A]):
    """How the rows of one class travel: its columns in the table's order, of which some are JSON, some the key."""

    kind: type[A]
    columns: tuple[str, ...]
    json: frozenset[str]
    json_places: tuple[int, ...]
    key: tuple[str, ...]

    def built(self, values: Sequence[Any]) -> A:
        """The object of a row that was read; nothing of it counts as changed."""
        row: A = self.kind.__new__(self.kind)
        row.__dict__.update(zip(self.columns, values, strict=True))
        return row

    def identity(self, row: Base) -> Identity:
        """What tells a row from all others."""
        return (self.kind, tuple(map(row.__dict__.__getitem__, self.key)), None)

    def whole(self, row: Base) -> list[Any]:
        """All values of a row as the driver takes them; null where it has none."""
        values = [*map(row.__dict__.get, self.columns)]
        for place in self.json_places:
            if values[place] is not None:
                values[place] = orjson.dumps(values[place]).decode()
        return values

    def sent(self, row: Base, name: str) -> Any:
        """A column's value as the driver takes it."""
        value = row.__dict__.get(name)
        return orjson.dumps(value).decode() if name in self.json and value is not None else value


@cache
def shape_of(kind: type[A], without: frozenset[str] = frozenset()) -> Shape[A]:
    """The shape of a class, but for some columns."""
    table = Base.metadata.tables[kind.__tablename__]
    columns = tuple(column.name for column in table.columns if column.name not in without)
    json = frozenset(column.name for column in table.columns if isinstance(column.type, JSONB))
    return Shape(
        kind,
        columns,
        json,
        tuple(place for place, name in enumerate(columns) if name in json),
        tuple(column.name for column in table.primary_key),
    )


def insertions(rows: Iterable[Base]) -> list[Statement]:
    """What writes new rows whole, those of each class together; columns that nobody set are null."""
    values: dict[type[Base], list[Any]] = {}
    for row in rows:
        values.setdefault(type(row), []).extend(shape_of(type(row)).whole(row))
    return [_insertion(kind, those) for kind, those in values.items()]


def _insertion(kind: type[Base], values: list[Any]) -> Statement:
    alone, held = inserting(kind, len(values) // len(shape_of(kind).columns))
    return Statement(alone, tuple(values), held=held)


@cache
def inserting(kind: type[Base], rows: int = 1) -> tuple[str, str]:
    """The INSERT of so many rows, and the same beside `held`, which it asks for its first value.

    PostgreSQL makes the rows in order, so the first one sets the provider for all; where it did not, they would be
    refused. What stands already is kept where the table says so (`ONCE`).
    """
    table, width = Base.metadata.tables[kind.__tablename__], len(shape_of(kind).columns)
    names = ", ".join(DIALECT.identifier_preparer.quote(name) for name in shape_of(kind).columns)
    into = f"INSERT INTO {table.name} ({names}) VALUES "  # noqa: S608 - names of our own
    each = [[f"${place + before}" for place in range(1, width + 1)] for before in range(0, rows * width, width)]
    values = ", ".join(f"({', '.join(row)})" for row in each)
    otherwise = " ON CONFLICT DO NOTHING" if table.info.get(ONCE) else ""
    first = f"(SELECT $1::{next(iter(table.columns)).type.compile(DIALECT)} FROM held)"  # noqa: S608 - names of our own
    return f"{into}{values}{otherwise}", f"{into}{values.replace('$1', first, 1)}{otherwise}"


def update(row: Base, version: int | None = None) -> Statement | None:
    """What writes the columns of a row that have changed since it was read; None when none has.

    With a `version` the row must still be at it.
    """
    shape, before = shape_of(type(row)), instance_state(row).committed_state
    changed = tuple(name for name in shape.columns if name in before and before[name] != row.__dict__[name])
    if not changed:
        return None
    values = (*(shape.sent(row, name) for name in changed), *(row.__dict__[name] for name in shape.key))
    alone, held = _update(type(row), changed, versioned=version is not None)
    return Statement(alone, values if version is None else (*values, version), sure=True, held=held)


@cache
def _update(kind: type[Base], changed: tuple[str, ...], *, versioned: bool) -> tuple[str, str]:
    quote, key = DIALECT.identifier_preparer.quote, shape_of(kind).key
    values = ", ".join(f"{quote(name)} = ${place}" for place, name in enumerate(changed, 1))
    this = (*key, "version") if versioned else key
    same = " AND ".join(f"{quote(name)} = ${place}" for place, name in enumerate(this, 1 + len(changed)))
    changes = f"UPDATE {kind.__tablename__} SET {values} WHERE {same}"  # noqa: S608 - names of our own
    return f"{changes} RETURNING 1", f"{changes} AND {IS_HELD} RETURNING 1"


def at_version(row: Base, version: int) -> Statement:
    """What finds and locks the row of a record while it is at a version."""
    values = row.__dict__
    return Statement(_AT_VERSION.format(row.__tablename__), (values["provider_id"], values["id"], version), sure=True)


_AT_VERSION = "SELECT 1 FROM {} WHERE provider_id = $1 AND id = $2 AND version = $3 FOR UPDATE"


def is_changed(row: Base) -> bool:
    """Whether a row that was read has changed since."""
    state = row.__dict__.get(STATE)
    return state is not None and bool(state.committed_state)


def written(row: Base) -> None:
    """Notes that the changes of a row were written: nothing of it counts as changed any more."""
    for name in tuple(instance_state(row).committed_state):
        set_committed_value(row, name, row.__dict__[name])


def inserted(row: Base) -> None:
    """Notes that a new row was written whole: it is as if it had been read."""
    shape = shape_of(type(row))
    for name in shape.columns:
        set_committed_value(row, name, row.__dict__.get(name))
    instance_state(row).key = shape.identity(row)


def joined(statements: Sequence[Statement]) -> tuple[str, list[Any]]:
    """Several statements as one, for one round trip, which tells how many rows the sure ones found.

    All of them see the database as it was before, so no two may touch the same row. Foreign keys are checked when all
    are done.
    """
    values = [value for one in statements for value in one.values]
    return _joined(tuple((one.text, len(one.values), one.name, one.sure) for one in statements)), values


@lru_cache(SHAPES_KEPT)
def _joined(statements: tuple[tuple[str, int, str | None, bool], ...]) -> str:
    parts, counts = parts_of(statements)
    return f"WITH {', '.join(parts)} SELECT {' + '.join(counts) or '0'}"


def parts_of(statements: Iterable[tuple[str, int, str | None, bool]]) -> tuple[list[str], list[str]]:
    """Statements, told by their texts, how many values they have, names and whether they are sure, as the parts of a
    `WITH`; and what counts the rows of each sure one.
    """
    parts, counts, before = [], [], 0
    for place, (text, values, name, sure) in enumerate(statements):
        part = name or f"part_{place}"
        parts.append(f"{part} AS ({moved(text, before)})")
        counts += [f"(SELECT count(*) FROM {part})"] if sure else []  # noqa: S608 - names of our own
        before += values
    return parts, counts


def moved(text: str, by: int) -> str:
    """A statement whose values come so many places later."""
    return PLACE.sub(lambda place: f"${int(place[1]) + by}", text)


class Made:
    """A statement with values that are given when it is run, made into SQL once. It has no value that expands (`IN`).

    `kinds` are the classes whose rows it is about.
    """

    def __init__(self, query: Any, *kinds: type[Base]) -> None:
        self.kinds = kinds
        self._query = query

    def statement(self, values: Mapping[str, Any]) -> Statement:
        """The statement with its values by their names; raises KeyError where one is lacking."""
        text, names, own = self._compiled
        return Statement(text, tuple(map({**values, **own}.__getitem__, names)))

    @cached_property
    def _compiled(self) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
        compiled = self._query.compile(dialect=DIALECT)
        own = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        return str(compiled), tuple(compiled.positiontup or ()), own


class Beside(Made):
    """One that may stand beside `held`, which it asks for."""

    sure = False

    def statement(self, values: Mapping[str, Any]) -> Statement:
        """The statement with its values by their names; raises KeyError where one is lacking."""
        return super().statement(values)._replace(sure=self.sure, held=self._held)

    @cached_property
    def _held(self) -> str:
        return str(self._query.where(literal_column(IS_HELD)).compile(dialect=DIALECT))


class Change(Beside):
    """An UPDATE or a DELETE of whichever rows of one class its conditions find, none perhaps."""

    def __init__(self, query: Update | Delete, kind: type[Base]) -> None:
        super().__init__(query, kind)


class Check(Beside):
    """A SELECT that finds one row while something is as it was read."""

    sure = True


class Read(Made, Generic[T]):
    """A SELECT of whole rows: those of one class come as its objects, those of two as pairs.

    Columns `without` which rows are read are not asked for; such rows are for `looking` at: no change of them is
    written, and no session may have them. Of many rows that is cheaper, because the unit of work need not know them.
    """

    @overload
    def __init__(
        self: "Read[A]", query: Select[A], kind: type[A], /, *, without: Collection[str] = (), looking: bool = False
    ) -> None: ...
    @overload
    def __init__(
        self: "Read[tuple[A, B]]", query: Select[A, B], kind: type[A], other: type[B], /, *, looking: bool = False
    ) -> None: ...
    def __init__(self, query: Any, *kinds: type[Base], without: Collection[str] = (), looking: bool = False) -> None:
        self._without = frozenset(without)
        self._looking = looking or bool(without)
        self.locks = query._for_update_arg is not None
        columns = [kind.__table__.columns[name] for kind in kinds for name in shape_of(kind, self._without).columns]
        super().__init__(query.with_only_columns(*columns, maintain_column_froms=True), *kinds)

    def rows(self, found: Iterable[Sequence[Any]], keep: Keep) -> list[T]:
        """The objects of what was found."""
        shape, *others = self._shapes
        rows: list[Any]
        if others:
            (other,), width = others, len(shape.columns)
            rows = [(shape.built(one[:width]), other.built(one[width:])) for one in found]
            if not self._looking:
                rows = [(keep(one), keep(two)) for one, two in rows]
        else:
            rows = [shape.built(one) for one in found]
            if not self._looking:
                rows = [keep(row) for row in rows]
        return rows

    @cached_property
    def _shapes(self) -> list[Shape[Base]]:
        return [shape_of(kind, self._without) for kind in self.kinds]


def by_id(kind: type[K], *, lock: bool = False) -> Read[K]:
    """The read of one record by `id`, locked or not."""
    made: Read[K] | None = _BY_ID.get((kind, lock))
    if made is None:
        query = select(kind).where(kind.provider_id == bindparam("provider_id"), kind.id == bindparam("id"))
        made = _BY_ID[kind, lock] = Read(query.with_for_update() if lock else query, kind)
    return made


_BY_ID: dict[tuple[type[Record], bool], Read[Any]] = {}


def together(reads: Sequence[Read[Any]], values: Mapping[str, Any]) -> Statement:
    """Several reads as one statement, whose only row has the rows of each as an array of records."""
    statements = [read.statement(values) for read in reads]
    text = _together(tuple((one.text, len(one.values)) for one in statements))
    return Statement(text, tuple(value for one in statements for value in one.values))


@lru_cache(SHAPES_KEPT)
def _together(statements: tuple[tuple[str, int], ...]) -> str:
    befores = accumulate((values for _, values in statements), initial=0)
    arrays = [
        f"ARRAY(SELECT ROW(found.*) FROM ({moved(text, before)}) AS found)"  # noqa: S608 - SQL of our own
        for (text, _), before in zip(statements, befores, strict=False)
    ]
    return f"SELECT {', '.join(arrays)}"
