"""Search of complaints over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.paging import Page
from services.complaints.complaints.rules import SEE_PERSONS
from services.complaints.complaints.schemas import ComplaintItem
from services.complaints.search import queries
from services.complaints.search.schemas import SearchIn

router = APIRouter(prefix="/v1", tags=["complaints"], route_class=IdempotentRoute)


@router.post("/complaints/search")
async def search_complaints(
    body: SearchIn, work: Annotated[UnitOfWork, permitted(SEE_PERSONS, at_any_life=True)]
) -> Page[ComplaintItem]:
    """Finds complaints by what their titles and words say (全文检索), with the filters and sorts of the list."""
    rows = await queries.search_complaints(work, body)
    items = [ComplaintItem.model_validate(complaint) for complaint in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)
