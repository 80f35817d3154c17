"""Shapes of the desk's policies on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from chassis.schemas import NUMBER, In, Line

Hours = Annotated[int, Field(ge=1, le=2000), NUMBER]


class BySeverity(In):
    """Working hours by severity; null is no target."""

    minor: Hours | None = None
    moderate: Hours | None = None
    major: Hours | None = None
    critical: Hours | None = None


class PolicyIn(In):
    """How the desk handles complaints, in working hours unless it says days; null is no target (处理规则)."""

    decide: BySeverity = Field(
        default=BySeverity(),
        description="Limit to decide from receipt; shortens what the channel promised, never lengthens.",
    )
    progress: BySeverity = Field(
        default=BySeverity(), description="How often the complainant hears how far it has come."
    )
    assess: Hours | None = Field(None, description="From acknowledgement to assessment.")
    follow_up: Hours | None = Field(24, description="From the decision, or the last remedy, to the first follow-up.")
    close: Hours | None = Field(None, description="From the decision to closing.")
    longest_pause_days: Annotated[int, Field(ge=1, le=365), NUMBER] = Field(
        30, description="Of all questions of a complaint together."
    )
    extensions: Annotated[int, Field(ge=0, le=10), NUMBER] = 2
    appeal_days: Annotated[int, Field(ge=1, le=365), NUMBER] = 30
    reopen_days: Annotated[int, Field(ge=1, le=365), NUMBER] = 30
    answer_days: Annotated[int, Field(ge=1, le=60), NUMBER] = Field(
        10, description="Working days that who left no way to be reached has to answer in the mailbox."
    )
    repeats: Annotated[int, Field(ge=2, le=100), NUMBER] = Field(
        3, description="So many decisions for one cause and service ask for an improvement …"
    )
    repeat_days: Annotated[int, Field(ge=1, le=730), NUMBER] = Field(90, description="… within so many days.")
    on_time_target: Annotated[int, Field(ge=1, le=100), NUMBER] = Field(
        95, description="Percent of complaints decided by the promised time."
    )
    follow_up_target: Annotated[int, Field(ge=1, le=100), NUMBER] = Field(
        95, description="Percent of follow-ups first tried in time."
    )
    external_routes: list[Line] = Field(
        default=["12345", "12315"], max_length=10, description="Where complainants can turn to outside."
    )
    head_id: UUID | None = Field(
        None,
        description="Account of who heads the provider (负责人); null: who heads its department, if it has one only.",
    )
    outside_reviewer_id: UUID | None = Field(
        None,
        description="Account of somebody outside, not employed here, who alone decides on complaints about the head of"
        " the provider, of open ones too; null: nobody can.",
    )


class PolicyOut(BaseModel):
    """A version of the policy."""

    id: UUID
    version: int
    number: int
    content: PolicyIn
    published_at: AwareDatetime
    published_by: str
