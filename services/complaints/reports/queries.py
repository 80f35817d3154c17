"""Reads of reports, from the counts that are kept, or of one customer from that customer's figures."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Subquery, and_, cast, func, literal, select, text, union_all

from chassis.db import UnitOfWork
from services.complaints.figures.models import ComplaintFigure, FigureCount
from services.complaints.figures.queries import COUNTS, Reach
from services.complaints.figures.rules import BY_CAUSE, DAY, MEASURES, MONTH, NONE, working_ages
from services.complaints.reports.rules import Cause, pareto
from services.complaints.reports.schemas import AgeQuery, By, ByQuery, CauseQuery, WhereQuery

PERIODS = frozenset({"day", "week", "month", "quarter", "year"})
FIGURE = ComplaintFigure.__table__.alias("f")


class Ages(NamedTuple):
    """How many open complaints are how many working days old, the day of the oldest, and how many are past due."""

    ages: dict[int, int]
    oldest: date | None
    past_due: int


async def by_key(
    work: UnitOfWork, measures: Sequence[str], asked: ByQuery, first: date, last: date
) -> dict[str, dict[str, int]]:
    """Counts of measures in a period, by what is asked for: the key in its order, then the measure."""
    counts = _counts(work, measures, asked, MONTH if asked.by == "customer" else DAY)
    key = _key(counts, asked.by)
    query = select(key, counts.c.measure, func.sum(counts.c.number)).where(counts.c.starts_on.between(first, last))
    if asked.by == "customer" and asked.customer_id is None:
        query = query.where(counts.c.customer != NONE)
    found: dict[str, dict[str, int]] = {}
    for name, measure, number in (
        await work.session.execute(query.group_by(key, counts.c.measure).order_by(key))
    ).all():
        found.setdefault(str(name), dict.fromkeys(measures, 0))[measure] = int(number)
    return found


async def causes(work: UnitOfWork, asked: CauseQuery, first: date, last: date) -> list[Cause]:
    """The causes of what was decided in a period, the most frequent first."""
    by_service = asked.by == "service_and_cause"
    counts = _counts(work, sorted(BY_CAUSE), asked, MONTH if by_service else DAY)
    columns: list[ColumnElement[Any]] = [counts.c.service, counts.c.cause] if by_service else [counts.c.cause]
    query = select(*columns, counts.c.measure, func.sum(counts.c.number)).where(
        counts.c.starts_on.between(first, last), *([counts.c.service != NONE] if by_service else [])
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for *names, measure, number in (await work.session.execute(query.group_by(*columns, counts.c.measure))).all():
        key = (names[0], names[1]) if by_service else (NONE, names[0])
        found.setdefault(key, dict.fromkeys(BY_CAUSE, 0))[measure] = int(number)
    return pareto((*key, one["decided"], one["repeated"]) for key, one in found.items())


async def open_ages(work: UnitOfWork, asked: AgeQuery, within: Reach) -> Ages:
    """The ages of open complaints."""
    counts = _counts(work, ["open"], asked, DAY)
    query = select(counts.c.starts_on, func.sum(counts.c.number)).group_by(counts.c.starts_on)
    received = {day: int(number) for day, number in (await work.session.execute(query)).all() if number}
    late = select(func.count()).where(
        ComplaintFigure.provider_id == work.provider_id,
        ComplaintFigure.open,
        ComplaintFigure.decided_at.is_(None),
        ComplaintFigure.present,
        ComplaintFigure.agreed_due_at < work.now,
    )
    for name in ("channel", "customer_id"):
        if getattr(asked, name) is not None:
            late = late.where(getattr(ComplaintFigure, name) == getattr(asked, name))
    past_due = (await work.session.execute(late)).scalar_one()
    return Ages(working_ages(within.dated.calendar, received, within.over), min(received, default=None), past_due)


def _counts(work: UnitOfWork, measures: Sequence[str], asked: WhereQuery | CauseQuery, grain: str) -> Subquery:
    """The counts of some measures, of a channel or a customer if that is asked for."""
    if asked.customer_id is not None:
        return _of_customer(work, measures, asked.customer_id, asked.channel)
    query = select(FigureCount).where(
        FigureCount.provider_id == work.provider_id,
        FigureCount.measure.in_(measures),
        FigureCount.grain == grain,
    )
    if asked.channel is not None:
        query = query.where(FigureCount.channel == asked.channel)
    return query.subquery()


def _of_customer(work: UnitOfWork, measures: Sequence[str], customer_id: UUID, channel: str | None) -> Subquery:
    """The same from the figures of one customer, who has not so many."""
    columns = FIGURE.c
    mine = [columns.provider_id == work.provider_id, columns.customer_id == customer_id]
    if channel is not None:
        mine.append(columns.channel == channel)
    parts = [
        select(
            literal(measure).label("measure"),
            columns[MEASURES[measure]].label("starts_on"),
            columns.channel,
            literal(str(customer_id)).label("customer"),
            literal(NONE).label("service"),
            (func.coalesce(columns.cause, NONE) if measure in BY_CAUSE else literal(NONE)).label("cause"),
            literal(1).label("number"),
        ).where(and_(*mine), columns[MEASURES[measure]].is_not(None), text(COUNTS[measure]))
        for measure in measures
    ]
    return union_all(*parts).subquery()


def _key(counts: Subquery, by: By) -> ColumnElement[Any]:
    if by in PERIODS:
        return cast(func.date_trunc(by, cast(counts.c.starts_on, Date)), Date)
    return counts.c.channel if by == "channel" else counts.c.customer
