"""Shapes of yearly reviews on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import FIRST_DAY, LAST_DAY, NUMBER, In, OpenStepOut
from contracts.reviews import ReviewOutcome
from services.complaints.complaints.schemas import RequiredWords

StateName = Literal["due", "in_review", "concluded"]


class ConcludeIn(In):
    """What follows from the year (评审结论)."""

    outcome: ReviewOutcome = Field(description="Channels and procedure are kept, or a channel has a new version.")
    channel_id: UUID | None = Field(None, description="Of a new version: the channel …")
    channel_version: Annotated[int, Field(ge=1, le=100_000), NUMBER] | None = Field(
        None, description="… and the number of the version."
    )
    words: RequiredWords = Field(description="The conclusion in words; nothing personal.")


class ReviewedChannel(BaseModel):
    """A channel as it stood when the review began."""

    channel_id: UUID
    code: str
    state: Literal["drafted", "published", "retired"]
    version: int | None = Field(description="The newest that was published.")
    next_review_on: date | None
    review_overdue: bool


class OnTime(BaseModel):
    """How the promise to decide was kept; the share is null where there is no case (`n` = 0)."""

    kept: int
    n: int = Field(description="Complaints of the year whose promised time is over, or which were decided before it.")
    share: float | None


class FiguresOut(BaseModel):
    """A year of complaints: those received in it, as they stood when the review began."""

    received: int
    by_state: dict[str, int]
    by_channel: dict[str, int]
    by_severity: dict[str, int] = Field(description="`none`: not assessed.")
    by_cause: dict[str, int] = Field(description="The twenty most frequent ones; `none`: no cause was found.")
    on_time: OnTime
    refused: int
    investigated_again: int = Field(description="Reopened, or not satisfied with the first answer.")
    satisfaction: dict[str, int] = Field(description="Of the follow-up of those that were closed; `none`: not known.")
    waivers: int
    channels: list[ReviewedChannel]


class ReviewItem(BaseModel):
    """A review in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    year: int
    state: StateName
    due_at: AwareDatetime
    overdue: bool
    begun_at: AwareDatetime | None
    begun_by: str | None
    outcome: ReviewOutcome | None
    channel_id: UUID | None
    channel_version: int | None
    concluded_at: AwareDatetime | None
    concluded_by: str | None
    updated_at: AwareDatetime


class ReviewOut(ReviewItem):
    """The review of a year of complaints (年度评审)."""

    figures: FiguresOut | None = Field(description="From the beginning of the review on.")
    words: str | None
    open_steps: list[OpenStepOut]


class ReviewQuery(ListQuery):
    """Filters and sorts of the list of reviews."""

    state: StateName | None = None
    year: int | None = Field(None, ge=FIRST_DAY.year, le=LAST_DAY.year)
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
