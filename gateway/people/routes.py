"""Who is who, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.transactions import WorkRoute
from gateway.access import Signed, of_caller
from gateway.people import queries
from gateway.people.schemas import MeOut, NamesOut, NamesQuery

router = APIRouter(prefix="/v1", tags=["people"], route_class=WorkRoute)


@router.get("/people")
async def list_people(
    asked: Annotated[NamesQuery, Query()], work: Annotated[UnitOfWork, permitted("gateway.people.read")]
) -> NamesOut:
    """Names behind ids of accounts and clients; what the provider does not know is left out."""
    return NamesOut(items=await queries.names(work, asked.ids))


@router.get("/me")
async def read_me(caller: Signed, work: Annotated[UnitOfWork, of_caller()]) -> MeOut:
    """Who the caller is, and what the token allows."""
    return await queries.myself(work, caller)
