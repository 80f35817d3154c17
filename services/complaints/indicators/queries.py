"""Reads of indicators and of the cases behind them."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, distinct, func, not_, select, true
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
COUNTED = ("cases", "counted", "frame", "left_out", "waivers", "overrides", "calendars")
FILTERS: Mapping[str, Filter] = {name: getattr(Figure, name) for name in (*DIMENSIONS, "origin")}


async def measure(work: UnitOfWork, definitions: Sequence[Definition], asked: OfWhat, within: Reach) -> list[Counted]:
    """Indicators of a period, counted from the figures: those of the same days in one statement."""
    alike: dict[tuple[str, Days], list[Definition]] = {}
    for one in definitions:
        alike.setdefault((one.of, days_of(one, within.first, within.last, within.over)), []).append(one)
    found = {}
    for (of, days), group in alike.items():
        columns = [column for one in group for column in _columns(one, asked)]
        query = select(*columns).where(*_where(work, of, asked, days))
        row = (await work.session.execute(query, {"now": work.now})).one()
        for one in group:
            ages = await _ages(work, one, asked, within, days) if one.unit == "working_days" else {}
            found[one.code] = _counted(row, one, days, ages)
    return [found[one.code] for one in definitions]


def _columns(definition: Definition, asked: OfWhat) -> list[ColumnElement[Any]]:
    """What is counted for an indicator, by its code."""
    cases, counted, ours = condition(definition.cases), condition(definition.counted), Figure.origin == asked.origin
    frame = cases if definition.frame is None else condition(definition.frame)
    columns: dict[str, ColumnElement[Any]] = {
        "cases": func.count().filter(cases, ours),
        "counted": func.count().filter(cases, ours, counted),
        "frame": func.count().filter(frame, ours),
        "left_out": func.count().filter(cases, not_(ours)),
        "waivers": func.coalesce(func.sum(Figure.waivers).filter(cases, ours), 0),
        "overrides": func.coalesce(func.sum(Figure.overrides).filter(cases, ours), 0),
        "calendars": func.array_agg(distinct(Figure.calendar)).filter(cases, ours),
    }
    for kind in ("minutes", "work") if definition.measured else ():
        columns |= _spread(getattr(Figure, f"{definition.measured}_{kind}"), kind, cases, ours)
    return [column.label(f"{definition.code} {name}") for name, column in columns.items()]


def _counted(row: Row[Any], definition: Definition, days: Days, ages: dict[int, int]) -> Counted:
    found = {name: row._mapping[f"{definition.code} {name}"] for name in COUNTED}
    found["calendars"] = sorted(found["calendars"] or [])
    minutes = _found(row, definition.code, "minutes") if definition.measured else None
    work = _found(row, definition.code, "work") if definition.measured else None
    return Counted(days=days, **found, minutes=minutes, work=work, ages=ages)


async def _ages(work: UnitOfWork, definition: Definition, asked: OfWhat, within: Reach, days: Days) -> dict[int, int]:
    where = (*_where(work, definition.of, asked, days), condition(definition.cases), Figure.origin == asked.origin)
    by_day = select(Figure.received_on, func.count()).where(*where).group_by(Figure.received_on)
    received = {row[0]: row[1] for row in await work.session.execute(by_day)}
    return working_ages(within.dated.calendar, received, within.over)


def _where(work: UnitOfWork, of: str, asked: OfWhat, days: Days) -> list[ColumnElement[bool]]:
    day: InstrumentedAttribute[date] = getattr(Figure, of)
    whose = [getattr(Figure, name) == value for name in DIMENSIONS if (value := getattr(asked, name)) is not None]
    return [Figure.provider_id == work.provider_id, day.between(days.first, days.last), *whose]


def _spread(column: ColumnElement[Any], kind: str, *which: ColumnElement[bool]) -> dict[str, ColumnElement[Any]]:
    found = {
        "n": func.count(column),
        "mean": func.avg(column),
        "deviation": func.stddev_samp(column),
        "median": func.percentile_cont(0.5).within_group(column),
        "p90": func.percentile_cont(0.9).within_group(column),
    }
    return {f"{kind}_{name}": one.filter(*which) for name, one in found.items()}


def _found(row: Row[Any], code: str, kind: str) -> Spread:
    n, *values = (row._mapping[f"{code} {kind}_{name}"] for name in Spread._fields)
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
    parts = [definition.cases, *([definition.counted] if part == "counted" else [])]
    return Listing(
        Figure,
        filters=FILTERS,
        sorts={"-received_at": Figure.received_at, "received_at": Figure.received_at},
        updated_at=Figure.received_at,
        where=(of >= bindparam("first"), of <= bindparam("last"), *map(condition, parts)),
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
