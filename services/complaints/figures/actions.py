"""What is done to keep figures and counts, and to hold the counts against the figures."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.logs import log
from chassis.paging import SETTLED
from services.complaints.complaints.models import Complaint
from services.complaints.figures.models import ComplaintFigure, FigureCount, FigureProgress
from services.complaints.figures.queries import FIGURES, changed, pasts, reckoned
from services.complaints.figures.rules import Cell, cells, figures_of, month_after

MOST = 200
"""Complaints that are counted in one transaction."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LOWEST = UUID(int=0)
KEY = ("provider_id", "complaint_id", "round")
FAULTS = """
WITH reckoned AS ({reckoned}), kept AS (
    SELECT * FROM figure_count WHERE provider_id = $1 AND starts_on >= $2 AND starts_on < $3 AND measure = $4
)
SELECT count(*) FROM reckoned FULL JOIN kept USING (grain, starts_on, channel, customer, service, cause)
WHERE coalesce(reckoned.number, 0) <> coalesce(kept.number, 0)
"""
REWRITTEN = """
INSERT INTO figure_count (provider_id, measure, grain, starts_on, channel, customer, service, cause, number)
SELECT $1, $4, reckoned.* FROM ({reckoned}) AS reckoned
"""
UNCOUNTED = """
SELECT min(c.updated_at) FROM complaint AS c
LEFT JOIN complaint_figure AS f
    ON f.provider_id = c.provider_id AND f.complaint_id = c.id AND f.round = c.round AND f.version = c.version
WHERE c.provider_id = $1 AND c.received_at >= $2 AND c.received_at < $3 AND c.updated_at < $4 AND f.id IS NULL
"""
KNOWN_MONTHS = """
SELECT date_trunc('month', least(min(first), current_date)), date_trunc('month', greatest(max(last), current_date))
FROM (
    SELECT min(received_at)::date - 1, max(received_at)::date + 1 FROM complaint WHERE provider_id = $1
    UNION ALL SELECT min(received_on), max(received_on) FROM complaint_figure WHERE provider_id = $1
    UNION ALL SELECT min(decided_on), max(decided_on) FROM complaint_figure WHERE provider_id = $1
    UNION ALL SELECT min(agreed_on), max(agreed_on) FROM complaint_figure WHERE provider_id = $1
    UNION ALL SELECT min(promised_on), max(promised_on) FROM complaint_figure WHERE provider_id = $1
    UNION ALL SELECT min(follow_up_on), max(follow_up_on) FROM complaint_figure WHERE provider_id = $1
    UNION ALL SELECT min(closed_on), max(closed_on) FROM complaint_figure WHERE provider_id = $1
    UNION ALL SELECT min(starts_on), max(starts_on) FROM figure_count WHERE provider_id = $1
) AS known (first, last)
"""


async def count(work: UnitOfWork) -> bool:
    """Counts the next complaints that have changed, at most 200; whether there may be more of them.

    A transaction ends within five seconds, so whatever changed before the last ten is seen: none is left out. Counted
    twice, a complaint counts once: what it counted for before is taken off.
    """
    progress, until = await progress_of(work), work.now - SETTLED
    found = await changed(work, progress, until, MOST)
    if found:
        await _take_in(work, found)
        progress.through_at, progress.through_id = found[-1].updated_at, found[-1].id
    if len(found) < MOST:
        progress.as_of = until
        progress.through_at, progress.through_id = max((progress.through_at, progress.through_id), (until, LOWEST))
    return len(found) == MOST


async def months(work: UnitOfWork) -> list[date]:
    """The first days of the months in which anything was or should be counted."""
    found = await work.driver.fetchrow(KNOWN_MONTHS, work.provider_id)
    first, last = (one.date() for one in found)
    whole = [first]
    while whole[-1] < last:
        whole.append(month_after(whole[-1]))
    return whole


async def begin_check(work: UnitOfWork) -> None:
    """Begins to check a provider's counts from the first month on."""
    progress = await progress_of(work)
    progress.faults, progress.checked_at = 0, work.now


async def check_complaints(work: UnitOfWork, month: date) -> int:
    """Holds the complaints of a month against their figures: 1 if one was not counted as it stands, else 0.

    From that one on all are counted again.
    """
    progress = await progress_of(work)
    first, last = (datetime.combine(day, time.min, UTC) for day in (month, month_after(month)))
    left: datetime | None = await work.driver.fetchval(UNCOUNTED, work.provider_id, first, last, progress.through_at)
    if left is None:
        return 0
    log.error("a complaint was not counted")
    progress.through_at, progress.through_id = left, LOWEST
    progress.faults += 1
    return 1


async def check_counts(work: UnitOfWork, month: date, measure: str) -> int:
    """Holds a month's counts of a measure against the figures, and puts them right; returns how many were wrong."""
    progress = await progress_of(work)
    follows, values = reckoned(measure), (work.provider_id, month, month_after(month), measure)
    faults = int(await work.driver.fetchval(FAULTS.format(reckoned=follows), *values))
    if faults:
        log.error("counts did not follow from the figures", measure=measure, counts=faults)
        mine = (FigureCount.provider_id == work.provider_id, FigureCount.measure == measure)
        within = (FigureCount.starts_on >= month, FigureCount.starts_on < month_after(month))
        await work.session.execute(delete(FigureCount).where(*mine, *within))
        await work.driver.execute(REWRITTEN.format(reckoned=follows), *values)
    progress.faults += faults
    return faults


async def progress_of(work: UnitOfWork) -> FigureProgress:
    """How far a provider's complaints were counted, locked: one counts at a time."""
    row = {
        "provider_id": work.provider_id,
        "through_at": BEGINNING,
        "through_id": LOWEST,
        "as_of": None,
        "checked_at": None,
        "faults": 0,
    }
    await work.session.execute(insert(FigureProgress).values(row).on_conflict_do_nothing())
    this = select(FigureProgress).where(FigureProgress.provider_id == work.provider_id).with_for_update()
    return (await work.session.execute(this)).scalar_one()


async def _take_in(work: UnitOfWork, complaints: Sequence[Complaint]) -> None:
    ids = [one.id for one in complaints]
    before = await work.read(FIGURES, ids=ids)
    rows = [values for past in await pasts(work, complaints) for values in figures_of(past)]
    delta = Counter(cell for row in rows for cell in cells(ComplaintFigure(**row)))
    delta.subtract(cell for figure in before for cell in cells(figure))
    await _keep_figures(work, rows)
    await _keep_counts(work, delta)


async def _keep_figures(work: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    new = insert(ComplaintFigure)
    kept = {column: new.excluded[column] for column in rows[0] if column not in KEY}
    statement = new.on_conflict_do_update(index_elements=KEY, set_=kept)
    await work.session.execute(statement, [{"provider_id": work.provider_id, "id": new_id(), **row} for row in rows])


async def _keep_counts(work: UnitOfWork, delta: Counter[Cell]) -> None:
    rows = [
        {"provider_id": work.provider_id, **cell._asdict(), "number": number}
        for cell, number in delta.items()
        if number
    ]
    if rows:
        new, key = insert(FigureCount), ("provider_id", *Cell._fields)
        more = {"number": FigureCount.number + new.excluded.number}
        await work.session.execute(new.on_conflict_do_update(index_elements=key, set_=more), rows)
