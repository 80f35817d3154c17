"""Clauses over HTTP."""

from fastapi import APIRouter, Response

from chassis.access import signed_in
from chassis.language import Language
from chassis.transactions import WorkRoute
from contracts.clauses import CLAUSES
from gateway.clauses.schemas import ClauseOut, ClausesOut

router = APIRouter(prefix="/v1", tags=["clauses"], route_class=WorkRoute, dependencies=[signed_in()])


@router.get("/clauses")
async def list_clauses(response: Response, language: Language) -> ClausesOut:
    """The clauses of the service standard with what each asks, in the language of the request (标准条款)."""
    response.headers["Content-Language"] = language
    return ClausesOut(items=[ClauseOut.of(clause, language) for clause in CLAUSES.values()])
