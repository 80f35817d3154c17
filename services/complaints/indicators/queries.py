"""Reads of indicators and of the cases behind them."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, bindparam, cast, distinct, func, not_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from chassis.db import UnitOfWork
from chassis.paging import Filter, Listing, Rows
from services.complaints.figures.models import ComplaintFigure as Figure
from services.complaints.figures.queries import Reach, reach
from services.complaints.figures.rules import working_ages
from services.complaints.indicators.rules import BY_CODE, Conditions, Counted, Days, Definition, Spread, days_of
from services.complaints.indicators.schemas import CaseQuery, OfWhat, Part

DIMENSIONS = ("channel", "service", "customer_id", "department_id")
NOW = bindparam("now", type_=Figure.received_at.type)
PAST_DUE = and_(Figure.decided_at.is_(None), Figure.agreed_due_at < NOW)
KINDS = ("minutes", "work")
Where = tuple[ColumnElement[bool], ...]
Found = Row[*tuple[Any, ...]]
COUNTED = ("cases", "counted", "frame", "left_out", "waivers", "calendars")
FILTERS: Mapping[str, Filter] = {name: getattr(Figure, name) for name in (*DIMENSIONS, "origin")}


async def measure(work: UnitOfWork, definitions: Sequence[Definition], asked: OfWhat, within: Reach) -> list[Counted]:
    """Indicators of a period, counted from the figures: those of the same days in one go."""
    alike: dict[tuple[str, Days], list[Definition]] = {}
    for one in definitions:
        alike.setdefault((one.of, days_of(one, within.first, within.last, within.over)), []).append(one)
    found = {}
    for (of, days), group in alike.items():
        where, ours = _where(work, of, asked, days), Figure.origin == asked.origin
        counts = (await work.session.execute(_counting(group, ours, where), {"now": work.now})).one()
        measured = [one for one in group if one.measured]
        spreads = (await work.session.execute(_spreading(measured, (*where, ours)))).one() if measured else None
        for one in group:
            ages = await _ages(work, one, asked, within, days) if one.unit == "working_days" else {}
            found[one.code] = _counted(counts, spreads, one, days, ages)
    return [found[one.code] for one in definitions]


def _counting(group: Sequence[Definition], ours: ColumnElement[bool], where: Where) -> Select[*tuple[Any, ...]]:
    """Counts for indicators of the same days, in one pass over the figures.

    Figures that are alike in all that any of these definitions asks make one cell: there are few of them, so what each
    definition counts is summed from the cells.
    """
    asked = {named for one in group for part in (one.cases, one.counted, one.frame or {}) for named in part.items()}
    alike = {named: _one(*named).label(f"is_{place}") for place, named in enumerate(sorted(asked, key=repr))}
    keys = [*alike.values(), ours.label("ours"), Figure.calendar]
    numbers = [func.count().label("number"), func.sum(Figure.waivers).label("waivers")]
    cells = select(*keys, *numbers).where(*where).group_by(*keys).subquery()

    def hold(conditions: Conditions) -> ColumnElement[bool]:
        return and_(true(), *(cells.c[alike[named].name] for named in conditions.items()))

    def total(column: str, *which: ColumnElement[bool]) -> ColumnElement[int]:
        return cast(func.coalesce(func.sum(cells.c[column]).filter(*which), 0), BigInteger())

    columns = []
    for one in group:
        cases, counted, mine = hold(one.cases), hold(one.counted), cells.c.ours
        frame = cases if one.frame is None else hold(one.frame)
        of_one: dict[str, ColumnElement[Any]] = {
            "cases": total("number", cases, mine),
            "counted": total("number", cases, mine, counted),
            "frame": total("number", frame, mine),
            "left_out": total("number", cases, not_(mine)),
            "waivers": total("waivers", cases, mine),
            "calendars": func.array_agg(distinct(cells.c.calendar)).filter(cases, mine),
        }
        columns += [column.label(f"{one.code} {name}") for name, column in of_one.items()]
    return select(*columns)


def _spreading(measured: Sequence[Definition], where: Where) -> Select[*tuple[Any, ...]]:
    """How what is measured spreads, for indicators of the same days."""
    columns = []
    for one in measured:
        for kind in KINDS:
            column: ColumnElement[Any] = getattr(Figure, f"{one.measured}_{kind}")
            spread = _spread(column, condition(one.cases))
            columns += [value.label(f"{one.code} {kind} {name}") for name, value in spread.items()]
    return select(*columns).where(*where)


def _counted(
    counts: Found, spreads: Found | None, definition: Definition, days: Days, ages: Mapping[int, int]
) -> Counted:
    found = {name: counts._mapping[f"{definition.code} {name}"] for name in COUNTED}
    found["calendars"] = sorted(found["calendars"] or [])
    of = None if definition.measured is None else spreads
    minutes, work = (None if of is None else _found(of, f"{definition.code} {kind}") for kind in KINDS)
    return Counted(days=days, **found, minutes=minutes, work=work, ages=ages)


async def _ages(work: UnitOfWork, definition: Definition, asked: OfWhat, within: Reach, days: Days) -> dict[int, int]:
    where = (*_where(work, definition.of, asked, days), condition(definition.cases), Figure.origin == asked.origin)
    by_day = select(Figure.received_on, func.count()).where(*where).group_by(Figure.received_on)
    received = {row[0]: row[1] for row in await work.session.execute(by_day)}
    return working_ages(within.dated.calendar, received, within.over)


def _where(work: UnitOfWork, of: str, asked: OfWhat, days: Days) -> Where:
    day: InstrumentedAttribute[date] = getattr(Figure, of)
    whose = [getattr(Figure, name) == value for name in DIMENSIONS if (value := getattr(asked, name)) is not None]
    return (Figure.provider_id == work.provider_id, day.between(days.first, days.last), *whose)


def _spread(column: ColumnElement[Any], which: ColumnElement[bool]) -> dict[str, ColumnElement[Any]]:
    found = {
        "n": func.count(column),
        "mean": func.avg(column),
        "deviation": func.stddev_samp(column),
        "median": func.percentile_cont(0.5).within_group(column),
        "p90": func.percentile_cont(0.9).within_group(column),
    }
    return {name: one.filter(which) for name, one in found.items()}


def _found(row: Found, of: str) -> Spread:
    n, *values = (row._mapping[f"{of} {name}"] for name in Spread._fields)
    return Spread(n, *(None if value is None else float(value) for value in values))


async def list_cases(work: UnitOfWork, definition: Definition, asked: CaseQuery) -> Rows[Figure]:
    """A page of the cases behind an indicator."""
    within = await reach(work, asked.first, asked.last)
    days = days_of(definition, within.first, within.last, within.over)
    listing = _listing(definition.code, asked.part)
    return await listing.page(work, asked, first=days.first, last=days.last, now=work.now)


@cache
def _listing(code: str, part: Part) -> Listing[Figure]:
    definition = BY_CODE[code]
    of: InstrumentedAttribute[date] = getattr(Figure, definition.of)
    counted = condition(definition.counted)
    which = {"cases": true(), "counted": counted, "missed": counted.is_not(true())}[part]
    return Listing(
        Figure,
        filters=FILTERS,
        sorts={"-received_at": Figure.received_at, "received_at": Figure.received_at},
        updated_at=Figure.received_at,
        where=(of >= bindparam("first"), of <= bindparam("last"), condition(definition.cases), which),
    )


def condition(conditions: Conditions) -> ColumnElement[bool]:
    """Conditions on figures as SQL; none hold for all."""
    return and_(true(), *(_one(name, value) for name, value in conditions.items()))


def _one(name: str, value: Any) -> ColumnElement[bool]:
    if name == "past_due":
        return PAST_DUE
    column: ColumnElement[Any] = getattr(Figure, name)
    if value is ...:
        return column.is_not(None)
    if isinstance(value, bool):
        return column if value else not_(column)
    return column.in_(value) if isinstance(value, tuple) else column == value
