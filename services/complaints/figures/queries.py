"""Reads of what figures are reckoned from, of figures, and of how far they were counted."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, func, select, tuple_

from chassis.calendars.queries import Dated, present_calendar
from chassis.clocks.models import Clock
from chassis.clocks.queries import Measured, clocks_where, measured
from chassis.db import UnitOfWork
from chassis.rows import Read
from services.complaints.complaints.models import Complaint, HandlingRecord
from services.complaints.complaints.rules import Noted
from services.complaints.figures.models import ComplaintFigure, FigureCount, FigureProgress
from services.complaints.figures.rules import BY_CAUSE, DAY, MEASURES, Past

SEALED = ("title_sealed", "words_sealed", "receipt_code_hash", "policy", "promised")
IDS = bindparam("ids", type_=ARRAY(Uuid()))
CHANGED = Read(
    select(Complaint)
    .where(
        Complaint.provider_id == bindparam("provider_id"),
        tuple_(Complaint.updated_at, Complaint.id)
        > tuple_(
            bindparam("through_at", type_=Complaint.updated_at.type), bindparam("through_id", type_=Complaint.id.type)
        ),
        Complaint.updated_at < bindparam("until"),
    )
    .order_by(Complaint.updated_at, Complaint.id)
    .limit(bindparam("many", type_=Integer())),
    Complaint,
    without=SEALED,
)
ONE_OF = Complaint.id == any_(IDS)
CLOCKS = clocks_where(Clock.record_id == any_(IDS), looking=True)
RECORDS = Read(
    select(HandlingRecord)
    .where(HandlingRecord.provider_id == bindparam("provider_id"), HandlingRecord.complaint_id == any_(IDS))
    .order_by(HandlingRecord.complaint_id, HandlingRecord.place),
    HandlingRecord,
    without=("words_sealed",),
)
FIGURES = Read(
    select(ComplaintFigure).where(
        ComplaintFigure.provider_id == bindparam("provider_id"), ComplaintFigure.complaint_id == any_(IDS)
    ),
    ComplaintFigure,
    looking=True,
)
PROGRESS = Read(
    select(FigureProgress).where(FigureProgress.provider_id == bindparam("provider_id")),
    FigureProgress,
)


# The counts of one measure as they follow from the figures, said once more and in another language than by the rules.
RECKONED = """
SELECT cell.*, count(*) AS number FROM complaint_figure AS f
CROSS JOIN LATERAL (SELECT f.{day} AS day, {cause} AS cause) AS m
CROSS JOIN LATERAL (
    VALUES ('day', m.day, f.channel, '', '', m.cause),
           ('month', date_trunc('month', m.day)::date, '', coalesce(f.customer_id::text, '-'), '', '')
           {by_service}
) AS cell (grain, starts_on, channel, customer, service, cause)
WHERE f.provider_id = $1 AND f.{day} >= $2 AND f.{day} < $3 AND {counts}
GROUP BY 1, 2, 3, 4, 5, 6
"""
BY_SERVICE = ", ('month', date_trunc('month', m.day)::date, '', '', coalesce(f.service, '-'), m.cause)"
COUNTS = {
    "received": "f.round = 1",
    "imported": "f.round = 1 AND f.origin = 'import'",
    "open": "f.present AND f.open",
    "decided": "f.latest",
    "repeated": "f.latest AND f.repeated",
    "promised": "NOT f.again",
    "promised_met": "NOT f.again AND f.promised_met",
    "agreed": "NOT f.again",
    "agreed_met": "NOT f.again AND f.agreed_met",
    "follow_up": "true",
    "follow_up_met": "f.follow_up_met",
    "closed": "true",
    "dossiers": "f.present AND f.incomplete IS NOT NULL",
}


class Reach(NamedTuple):
    """Days that figures are asked for, both included, in the provider's own calendar.

    `over` is the last day that is over: a limit is held to its day once that is over, so that a case counts as it
    stood then. `as_of`: what complaints changed later is not counted yet; None before anything was.
    """

    first: date
    last: date
    over: date
    dated: Dated
    as_of: datetime | None
    faults: int


async def reach(work: UnitOfWork, first: date | None, last: date | None) -> Reach:
    """The days of a period, by default the year that ends with the last day, which by default is today."""
    progress = await work.read(PROGRESS)
    dated = await present_calendar(work)
    today = work.now.astimezone(ZoneInfo(dated.calendar.zone)).date()
    last = last or today
    known = progress[0] if progress else None
    return Reach(
        first=first or last - timedelta(days=364),
        last=last,
        over=today - timedelta(days=1),
        dated=dated,
        as_of=None if known is None else known.as_of,
        faults=0 if known is None else known.faults,
    )


class Tally(NamedTuple):
    """How often something occurred, and the last day on which it did."""

    number: int
    last: date | None


async def tallies(work: UnitOfWork, measures: Sequence[str], first: date, last: date) -> dict[str, Tally]:
    """The counts of some measures from a day to another, by measure."""
    query = select(FigureCount.measure, func.sum(FigureCount.number), func.max(FigureCount.starts_on)).where(
        FigureCount.provider_id == work.provider_id,
        FigureCount.measure.in_(measures),
        FigureCount.grain == DAY,
        FigureCount.starts_on.between(first, last),
        FigureCount.number != 0,
    )
    found = {
        measure: Tally(int(number), day)
        for measure, number, day in await work.session.execute(query.group_by(FigureCount.measure))
    }
    return dict.fromkeys(measures, Tally(0, None)) | found


async def changed(work: UnitOfWork, progress: FigureProgress, until: datetime, many: int) -> list[Complaint]:
    """The next complaints that have changed since what was counted, the first changed first."""
    through = {"through_at": progress.through_at, "through_id": progress.through_id}
    return await work.read(CHANGED, **through, until=until, many=many)


async def pasts(work: UnitOfWork, complaints: Sequence[Complaint]) -> list[Past]:
    """What the figures of complaints are reckoned from."""
    ids = [one.id for one in complaints]
    dated = await present_calendar(work)
    clocks: dict[UUID, list[Measured]] = {one: [] for one in ids}
    for clock in await measured(work, await work.read(CLOCKS, ids=ids)):
        clocks[clock.clock.record_id].append(clock)
    records: dict[UUID, list[Noted]] = {one: [] for one in ids}
    for row in await work.read(RECORDS, ids=ids):
        records[row.complaint_id].append(Noted(row.step, row.at, row.made_by, row.round, row.data, row.party_id))
    found = []
    for one in complaints:
        first = next(iter(clocks[one.id]), None)  # the calendar that its clocks stand on, where it has any
        calendar = (dated.calendar, dated.number) if first is None else (first.calendar, first.clock.calendar_number)
        found.append(Past(one, clocks[one.id], records[one.id], *calendar))
    return found


def reckoned(measure: str) -> str:
    """The SQL of the counts of a measure, of the provider `$1` from the day `$2` until before the day `$3`."""
    by_cause = measure in BY_CAUSE
    return RECKONED.format(
        day=MEASURES[measure],
        cause="coalesce(f.cause, '')" if by_cause else "''",
        by_service=BY_SERVICE if by_cause else "",
        counts=COUNTS[measure],
    )
