"""Reviews that fall due, by the clock."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.providers import today_of
from services.complaints.reviews.actions import fall_due
from services.complaints.reviews.queries import is_to_be_reviewed


async def look_for_due_reviews(work: UnitOfWork, record: UUID, step: str) -> None:
    """Has last year reviewed, once, from 1 January on where the provider is."""
    year = (await today_of(work)).year - 1
    if await is_to_be_reviewed(work, year):
        await fall_due(work, year)


DAILY = {"yearly_review": look_for_due_reviews}
