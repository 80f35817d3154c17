"""Reports over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.exports import ListRoute
from chassis.language import Language
from chassis.statistics import percentile
from contracts.base import Text
from services.complaints.figures.queries import Reach, reach
from services.complaints.policies.queries import titles_of
from services.complaints.reports import queries
from services.complaints.reports.rules import BANDS, Cause, bands, whole_months
from services.complaints.reports.schemas import (
    AgeQuery,
    AgeRow,
    AgesOut,
    ByQuery,
    CauseQuery,
    CauseRow,
    CausesOut,
    OnTimeOut,
    VolumeOut,
    VolumeRow,
    listed,
    on_time_row,
)

router = APIRouter(prefix="/v1/services/complaints/reports", tags=["reports"], route_class=ListRoute)


@router.get("/volume")
async def read_volume(
    asked: Annotated[ByQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.report.read")]
) -> VolumeOut:
    """How many complaints were received and decided, by period, channel or customer."""
    within = await reach(work, asked.first, asked.last)
    first, last = whole_months(within.first, within.last) if asked.by == "customer" else (within.first, within.last)
    found = await queries.by_key(work, ["received", "imported", "decided"], asked, first, last)
    rows, total = listed(found, asked.by, asked.top, "received")
    return VolumeOut(
        by=asked.by,
        first=first,
        last=last,
        rows=[VolumeRow(key=key, **one) for key, one in rows],
        total=VolumeRow(key=None, **{name: total.get(name, 0) for name in ("received", "imported", "decided")}),
        **_said(work, within),
    )


@router.get("/on-time")
async def read_on_time(
    asked: Annotated[ByQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.report.read")]
) -> OnTimeOut:
    """How many decisions were in time, as promised and as agreed, by period, channel or customer."""
    within = await reach(work, asked.first, asked.last)
    first, last = within.first, min(within.last, within.over)
    if asked.by == "customer":
        first, whole = whole_months(first, last)
        last = min(whole, within.over)
    measures = ["promised", "promised_met", "agreed", "agreed_met"]
    found = await queries.by_key(work, measures, asked, first, last)
    rows, total = listed(found, asked.by, asked.top, "promised")
    return OnTimeOut(
        by=asked.by,
        first=first,
        last=last,
        rows=[on_time_row(key, one) for key, one in rows],
        total=on_time_row(None, total),
        **_said(work, within),
    )


@router.get("/causes")
async def read_causes(
    asked: Annotated[CauseQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.report.read")],
    language: Language,
) -> CausesOut:
    """Why complaints were made, the most frequent cause first, and how often it was one that repeats."""
    within = await reach(work, asked.first, asked.last)
    by_service = asked.by == "service_and_cause"
    first, last = whole_months(within.first, within.last) if by_service else (within.first, within.last)
    found = await queries.causes(work, asked, first, last)
    titles = await titles_of(work, {one.cause for one in found[: asked.top]})
    return CausesOut(
        first=first,
        last=last,
        rows=[_cause_row(one, titles.get(one.cause), language) for one in found[: asked.top]],
        others=sum(one.decided for one in found[asked.top :]),
        decided=sum(one.decided for one in found),
        repeated=sum(one.repeated for one in found),
        **_said(work, within),
    )


@router.get("/ages")
async def read_ages(
    asked: Annotated[AgeQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.report.read")]
) -> AgesOut:
    """How old open complaints are, in working days, and how many are beyond the agreed time to decide."""
    within = await reach(work, None, None)
    found = await queries.open_ages(work, asked, within)
    return AgesOut(
        rows=[
            AgeRow(from_days=low, to_days=high, open=number)
            for (low, high), number in zip(BANDS, bands(found.ages), strict=True)
        ],
        open=sum(found.ages.values()),
        median=percentile(found.ages, 0.5) if found.ages else None,
        p90=percentile(found.ages, 0.9) if found.ages else None,
        oldest_received_on=found.oldest,
        past_due=found.past_due,
        **_said(work, within),
    )


def _cause_row(one: Cause, title: Text | None, language: str) -> CauseRow:
    service = NAMELESS.get(one.service, one.service)
    said = None if title is None else title.in_language(language)
    return CauseRow(**one._asdict() | {"service": service, "cause": one.cause or None, "title": said})


NAMELESS: dict[str, None] = {"": None, "-": None}


def _said(work: UnitOfWork, within: Reach) -> dict[str, Any]:
    return {"computed_at": work.now, "as_of": within.as_of, "faults": within.faults}
