"""Reads of indicators and of the cases behind them."""

from collections.abc import Mapping
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
FILTERS: Mapping[str, Filter] = {name: getattr(Figure, name) for name in (*DIMENSIONS, "origin")}


async def measure(work: UnitOfWork, definition: Definition, asked: OfWhat, within: Reach) -> Counted:
    """An indicator of a period, counted from the figures."""
    days = days_of(definition, within.first, within.last, within.over)
    cases, counted = condition(definition.cases), condition(definition.counted)
    ours = Figure.origin == asked.origin
    columns: list[ColumnElement[Any]] = [
        func.count().filter(cases, ours).label("cases"),
        func.count().filter(cases, ours, counted).label("counted"),
        func.count().filter(ours).label("frame"),
        func.count().filter(cases, not_(ours)).label("left_out"),
        func.coalesce(func.sum(Figure.waivers).filter(cases, ours), 0).label("waivers"),
        func.coalesce(func.sum(Figure.overrides).filter(cases, ours), 0).label("overrides"),
        func.array_agg(distinct(Figure.calendar)).filter(cases, ours).label("calendars"),
    ]
    for kind in ("minutes", "work") if definition.measured else ():
        columns += _spread(getattr(Figure, f"{definition.measured}_{kind}"), kind, cases, ours)
    where = (*_where(work, definition, asked, days), cases if definition.frame is None else condition(definition.frame))
    now = {"now": work.now}
    found = (await work.session.execute(select(*columns).where(*where), now)).one()
    ages: dict[int, int] = {}
    if definition.unit == "working_days":
        by_day = select(Figure.received_on, func.count()).where(*where, ours).group_by(Figure.received_on)
        received = {row[0]: row[1] for row in await work.session.execute(by_day, now)}
        ages = working_ages(within.dated.calendar, received, within.over)
    return Counted(
        days,
        found.cases,
        found.counted,
        found.frame,
        found.left_out,
        found.waivers,
        found.overrides,
        sorted(found.calendars or []),
        _found(found, "minutes") if definition.measured else None,
        _found(found, "work") if definition.measured else None,
        ages,
    )


def _where(work: UnitOfWork, definition: Definition, asked: OfWhat, days: Days) -> list[ColumnElement[bool]]:
    of: InstrumentedAttribute[date] = getattr(Figure, definition.of)
    whose = [getattr(Figure, name) == value for name in DIMENSIONS if (value := getattr(asked, name)) is not None]
    return [Figure.provider_id == work.provider_id, of.between(days.first, days.last), *whose]


def _spread(column: ColumnElement[Any], kind: str, *which: ColumnElement[bool]) -> list[ColumnElement[Any]]:
    found = {
        "n": func.count(column),
        "mean": func.avg(column),
        "deviation": func.stddev_samp(column),
        "median": func.percentile_cont(0.5).within_group(column),
        "p90": func.percentile_cont(0.9).within_group(column),
    }
    return [one.filter(*which).label(f"{kind}_{name}") for name, one in found.items()]


def _found(found: Row[Any], kind: str) -> Spread:
    n, *values = (getattr(found, f"{kind}_{name}") for name in Spread._fields)
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
