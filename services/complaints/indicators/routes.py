"""Indicators over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.errors import not_found
from chassis.exports import ListRoute
from chassis.language import Language
from chassis.paging import Page
from services.complaints.figures.queries import reach
from services.complaints.indicators.queries import list_cases, measure
from services.complaints.indicators.rules import BY_CODE, DEFINITIONS
from services.complaints.indicators.schemas import CaseOut, CaseQuery, IndicatorQuery, IndicatorsOut, indicator_out

router = APIRouter(prefix="/v1", tags=["indicators"], route_class=ListRoute)


@router.get("/services/complaints/indicators")
async def read_indicators(
    asked: Annotated[IndicatorQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.indicator.read")],
    language: Language,
) -> IndicatorsOut:
    """The indicators of complaints in a period, each with its cases, interval and definition (投诉指标)."""
    within = await reach(work, asked.first, asked.last)
    counted = await measure(work, DEFINITIONS, asked, within)
    items = [
        indicator_out(one, found, asked, within, language) for one, found in zip(DEFINITIONS, counted, strict=True)
    ]
    return IndicatorsOut(first=within.first, last=within.last, computed_at=work.now, as_of=within.as_of, items=items)


@router.get("/services/complaints/indicators/{code}/cases")
async def list_indicator_cases(
    code: Annotated[str, Path(examples=["I-C4"])],
    asked: Annotated[CaseQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.indicator.read")],
) -> Page[CaseOut]:
    """The cases behind an indicator, all that are looked at or those that are counted."""
    definition = BY_CODE.get(code)
    if definition is None:
        raise not_found()
    rows = await list_cases(work, definition, asked)
    items = [CaseOut.model_validate(vars(figure)) for figure in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)
