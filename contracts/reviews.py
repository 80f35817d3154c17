"""Events of the yearly review of complaints (clause 8.2)."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event

ReviewOutcome = Literal["keep", "new_version"]


class ReviewState(Event):
    """The whole shared state of a year's review; a `new_version` names the version of the channel that followed."""

    review_id: UUID
    year: int
    state: str
    due_at: AwareDatetime
    outcome: ReviewOutcome | None
    channel_id: UUID | None
    channel_version: int | None
    concluded_at: AwareDatetime | None


class ReviewDue(ReviewState):
    """The review of the past year is due (年度评审)."""

    TYPE: ClassVar[str] = "complaints.review.due.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ReviewBegun(ReviewState):
    """The year's figures were put together, and are looked at."""

    TYPE: ClassVar[str] = "complaints.review.begun.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ReviewConcluded(ReviewState):
    """Channels and procedure are kept as they are, or a new version of a channel was published."""

    TYPE: ClassVar[str] = "complaints.review.concluded.v1"
    CLAUSE: ClassVar[str | None] = "8.2"
