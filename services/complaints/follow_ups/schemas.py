"""Shapes of follow-ups, closing and reopening on the wire."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.schemas import In, Moment, refusal
from contracts.base import Text
from contracts.complaint_state import AttemptOutcome, ContactMethod, Satisfaction
from services.complaints.complaints.schemas import RequiredWords, Words
from services.complaints.handling.schemas import AssignIn

BACKWARDS = Text("The time in which they can be reached ends before it begins.", "可联系时段的结束时间早于开始时间。")
SATISFIED = Text("Whoever is satisfied wants nothing more.", "表示满意的，不得同时要求继续处理。")


class SaidIn(In):
    """What whoever complains says when they are asked whether they are satisfied."""

    satisfaction: Satisfaction | None = Field(None, description="Of who was reached only.")
    wants_more: bool = Field(False, description="Whether the case is to go on; not of who is satisfied.")
    words: Words | None = Field(None, description="The person's own words.")

    @model_validator(mode="after")
    def _wants_nothing_more_if_satisfied(self) -> Self:
        if self.satisfaction == "satisfied" and self.wants_more:
            raise refusal("satisfied_wants_more", SATISFIED)
        return self


class FollowUpPlanIn(In):
    """Who calls the complainant back, and when they can be reached (回访)."""

    caller_id: UUID = Field(description="Account of who calls; never the handler.")
    not_before: Moment | None = None
    not_after: Moment | None = None

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.not_before is not None and self.not_after is not None and self.not_after < self.not_before:
            raise refusal("window_backwards", BACKWARDS)
        return self


class AttemptIn(SaidIn):
    """A try to ask a party whether they are satisfied."""

    party_id: UUID | None = Field(None, description="Who was tried; the first who complains, if not given.")
    method: ContactMethod
    at: Moment | None = Field(None, description="When; now, if not given.")
    outcome: AttemptOutcome
    recording: UUID | None = Field(
        None, description="The attachment with the recording of the call, where one was made."
    )


class NotifyIn(In):
    """The written notice to a party whom nobody reached, or who would not talk."""

    party_id: UUID | None = Field(None, description="The first who complains, if not given.")
    method: ContactMethod
    at: Moment | None = Field(None, description="When; now, if not given.")
    words: Words | None = None


class CloseIn(In):
    """The end of a complaint that was followed up (结案)."""

    lateness_reason: Words | None = Field(None, description="Why a limit was missed, where that was not said before.")
    words: Words | None = None


class DissatisfiedIn(AssignIn):
    """The complainant wants more: somebody of a higher level looks into it again."""


class FinalPositionIn(In):
    """The provider's last word, after somebody else has looked into it again."""

    method: ContactMethod = Field(description="How the final letter went out.")
    words: RequiredWords = Field(description="The final letter; it names the external routes.")
    lateness_reason: Words | None = None


class ReopenIn(AssignIn):
    """Why a closed complaint is opened again."""

    reason: Literal["dissatisfied", "new_evidence", "external_ruling"]
    words: RequiredWords


class RulingIn(In):
    """The ruling of an authority that opens a complaint again."""

    external_case_id: UUID
