"""Shapes of the desk's policies on the wire."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from chassis.schemas import NUMBER, Code, In, Line, refusal
from contracts.base import Text
from services.complaints.policies.rules import CAUSES

TWICE = Text("A cause stands twice in the list.", "原因列表中有重复的代码。")
Hours = Annotated[int, Field(ge=1, le=2000), NUMBER]


class BySeverity(In):
    """Working hours by severity; null is no target."""

    minor: Hours | None = None
    moderate: Hours | None = None
    major: Hours | None = None
    critical: Hours | None = None


class CauseIn(In):
    """A cause of complaints, with what it is called."""

    code: Code = Field(examples=["change_without_test"])
    en: Line = Field(examples=["Change without enough testing"])
    zh: Line = Field(examples=["变更未经充分测试"])


def causes_in(titles: Mapping[str, Text]) -> list[CauseIn]:
    """Causes as a policy lists them."""
    return [CauseIn(code=code, en=title.en, zh=title.zh) for code, title in titles.items()]


def _each_once(causes: list[CauseIn]) -> list[CauseIn]:
    if len({one.code for one in causes}) != len(causes):
        raise refusal("cause_twice", TWICE)
    return causes


class PolicyRules(In):
    """What of a policy is frozen with each complaint: in working hours unless it says days; null is no target."""

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


class PolicyIn(PolicyRules):
    """How the desk handles complaints, in working hours unless it says days; null is no target (处理规则).

    What is not given stays as in the version that holds; the defaults are those of the first one.
    """

    causes: Annotated[list[CauseIn], Field(min_length=1, max_length=200), AfterValidator(_each_once)] = Field(
        default=causes_in(CAUSES), description="What complaints are put down to; a decision names one of them."
    )


class PolicyInForceOut(BaseModel):
    """The policy that holds now; number 0 is the built-in one, until the desk publishes its own."""

    number: int
    content: PolicyIn


class PolicyOut(BaseModel):
    """A version of the policy."""

    id: UUID
    version: int
    number: int
    content: PolicyIn
    published_at: AwareDatetime
    published_by: str
