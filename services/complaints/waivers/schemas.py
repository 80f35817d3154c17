"""Shapes of waivers and of links to improvements on the wire."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.schemas import NUMBER, Code, In, Line, Moment, refusal
from contracts.base import Text
from services.complaints.complaints.schemas import RequiredWords
from services.complaints.tasks.rules import MOST_WAIVERS

WHO_REVIEWS = Text(
    "A named reviewer inside has an account, one outside a name.", "内部复核人须填写账号，外部复核人须填写姓名。"
)


class WaiveIn(In):
    """A rule that does not hold for this complaint, and what takes its place (豁免)."""

    objection: Code = Field(
        description="The code of the objection that it meets.", examples=["handler_in_subjects_team"]
    )
    control: Literal["management_review", "outside_review"] = Field(description="What takes the rule's place.")
    reviewer_id: UUID | None = Field(None, description="Account of who reviews, of a management review.")
    reviewer_name: Line | None = Field(None, description="Who reviews, of an outside review; personal, kept encrypted.")
    until: Moment | None = Field(None, description="How long it holds; without end, if not given.")
    words: RequiredWords = Field(description="Why there is no other way.")

    @model_validator(mode="after")
    def _names_who_reviews(self) -> Self:
        inside = self.control == "management_review"
        if inside != (self.reviewer_id is not None) or inside == (self.reviewer_name is not None):
            raise refusal("reviewer_not_named", WHO_REVIEWS)
        return self


class ReviewWaiverIn(In):
    """What the substitute control of a waiver has found (豁免复核)."""

    waiver: Annotated[int, Field(ge=1, le=MOST_WAIVERS), NUMBER] = Field(
        1, description="Its number among the waivers of the complaint, from 1."
    )
    outcome: Literal["confirmed", "not_confirmed"]
    words: RequiredWords = Field(description="What was looked at, and what was found.")


class LinkIn(In):
    """The improvement that follows from the complaint."""

    improvement: Code = Field(description="Its id or number.", examples=["imp-2026-0007"])
