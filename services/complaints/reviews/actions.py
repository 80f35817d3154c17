"""What is done to yearly reviews."""

from typing import Any
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.providers import zone_of
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_role
from contracts.reviews import ReviewBegun, ReviewConcluded, ReviewDue
from services.complaints.reviews.models import Review
from services.complaints.reviews.queries import facts, figures_of
from services.complaints.reviews.rules import LIFECYCLE, REVIEWING, State, due_in
from services.complaints.reviews.schemas import ConcludeIn
from services.complaints.tasks.rules import LEAD


async def fall_due(work: UnitOfWork, year: int) -> Review:
    """Asks the lead for the review of a year."""
    due_at = due_in((await zone_of(work)).key, year)
    review = Review(
        provider_id=work.provider_id, id=new_id(), created_at=work.now, year=year, state=State.DUE, due_at=due_at
    )
    work.add(review)
    made_by = work.record(review, ReviewDue(**_shared(review)))
    give_task(
        work, review.id, REVIEWING, to_role(LEAD), made_by=made_by, due_at=due_at, parameters={"year": review.year}
    )
    return review


async def begin(work: UnitOfWork, review_id: UUID, expected: int | None) -> Review:
    """Puts the figures of the year together, which stay as they are from then on."""
    review = await work.load(Review, review_id, expected)
    LIFECYCLE.advance(review, "begin", None, body=None, actor=work.actor, now=work.now)
    review.figures = (await figures_of(work, review.year)).model_dump(mode="json")
    review.begun_at, review.begun_by = work.now, work.actor.name
    work.record(review, ReviewBegun(**_shared(review)))
    return review


async def conclude(work: UnitOfWork, review_id: UUID, body: ConcludeIn, expected: int | None) -> Review:
    """Keeps what is concluded from the year; 409 names all that lacks."""
    review = await work.load(Review, review_id, expected)
    known = await facts(work, review, body)
    LIFECYCLE.advance(review, "conclude", known, body=body, actor=work.actor, now=work.now)
    review.outcome, review.words = body.outcome, body.words
    review.channel_id, review.channel_version = body.channel_id, body.channel_version
    review.concluded_at, review.concluded_by = work.now, work.actor.name
    work.record(review, ReviewConcluded(**_shared(review)))
    await end_tasks(work, review.id, REVIEWING)
    return review


def _shared(review: Review) -> dict[str, Any]:
    names = ("year", "state", "due_at", "outcome", "channel_id", "channel_version", "concluded_at")
    return {"review_id": review.id, **{name: getattr(review, name) for name in names}}
