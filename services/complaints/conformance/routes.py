"""Conformance over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.exports import ListRoute
from chassis.language import Language
from contracts.clauses import CLAUSES
from services.complaints.conformance.queries import findings_of, within_of
from services.complaints.conformance.schemas import ConformanceOut, ConformanceQuery, requirement_out

CLAUSE = "8.2"

router = APIRouter(prefix="/v1", tags=["conformance"], route_class=ListRoute)


@router.get("/services/complaints/conformance")
async def read_conformance(
    asked: Annotated[ConformanceQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.conformance.read")],
    language: Language,
) -> ConformanceOut:
    """Whether each requirement on complaints is met on a day, by which records, and by what figures (符合性)."""
    within = await within_of(work, asked.on)
    clause = CLAUSES[CLAUSE]
    requirements = [
        requirement_out(one, await findings_of(work, one.id, within), language) for one in clause.requirements
    ]
    return ConformanceOut(
        clause=clause.number,
        title=clause.title.in_language(language),
        on=within.on,
        first=within.first,
        computed_at=work.now,
        as_of=within.as_of,
        requirements=requirements,
    )
