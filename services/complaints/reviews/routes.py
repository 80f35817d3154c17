"""Yearly reviews over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.schemas import open_steps_out, tag
from services.complaints.reviews import actions, queries
from services.complaints.reviews.models import Review
from services.complaints.reviews.rules import LIFECYCLE, is_overdue
from services.complaints.reviews.schemas import ConcludeIn, ReviewItem, ReviewOut, ReviewQuery

router = APIRouter(prefix="/v1", tags=["reviews"], route_class=IdempotentRoute)


@router.get("/reviews")
async def list_reviews(
    asked: Annotated[ReviewQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.review.read")]
) -> Page[ReviewItem]:
    """The yearly reviews."""
    rows = await queries.list_reviews(work, asked)
    items = [ReviewItem.model_validate(_columns(work, review)) for review in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/reviews/{review_id}")
async def read_review(
    review_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.review.read")],
    response: Response,
    language: Language,
) -> ReviewOut:
    """The review of a year, with its figures."""
    review = await work.find(Review, review_id)
    tag(response, review.version)
    return await _out(work, review, language)


@router.post("/reviews/{review_id}/begin")
async def begin_review(
    review_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.review.begin")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ReviewOut:
    """Puts the figures of the year together, to be looked at (开始评审)."""
    review = await actions.begin(work, review_id, expected)
    tag(response, review.version)
    return await _out(work, review, language)


@router.post("/reviews/{review_id}/conclude")
async def conclude_review(
    review_id: UUID,
    body: ConcludeIn,
    work: Annotated[UnitOfWork, permitted("complaints.review.conclude")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ReviewOut:
    """Concludes the review: all is kept, or a channel has a new version (评审结论)."""
    review = await actions.conclude(work, review_id, body, expected)
    tag(response, review.version)
    return await _out(work, review, language)


def _columns(work: UnitOfWork, review: Review) -> dict[str, object]:
    return {**vars(review), "overdue": is_overdue(review.state, review.due_at, work.now)}


async def _out(work: UnitOfWork, review: Review, language: str) -> ReviewOut:
    known = await queries.facts(work, review)
    steps = LIFECYCLE.open_steps(review, known, actor=work.actor, now=work.now)
    own = {"open_steps": open_steps_out(steps, language)}
    return ReviewOut.model_validate(_columns(work, review) | own)
