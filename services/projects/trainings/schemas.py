"""Shapes of trainings on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import NUMBER, Code, DayDate, In, Line, OpenStepOut
from contracts.projects import TrainingKind

State = Literal["planned", "taken", "passed", "failed", "valid", "expired", "withdrawn"]
Competence = Annotated[Code, Field(description="Code of the competence.", examples=["complaint_handling"])]
Kind = Annotated[TrainingKind, Field(description="Training in the business, in the law, or in a skill of the post.")]


class RetakeIn(In):
    """When a training is to be taken."""

    planned_on: DayDate = Field(examples=["2027-02-15"])


class PlanIn(RetakeIn):
    """A training to plan."""

    account_id: UUID = Field(description="The member of staff to be trained.")
    competence: Competence
    kind: Kind
    course: Line = Field(description="What the course is called.", examples=["ISO 10002 for handlers"])
    pass_mark: Annotated[int, Field(ge=1, le=100), NUMBER] = Field(60, description="The score with which it is passed.")


class TakeIn(In):
    """When a training was taken."""

    taken_on: DayDate | None = Field(None, description="Today, if not given.")


class AssessIn(In):
    """The result of a training, and who assessed it; a refusal names all that lacks."""

    score: Annotated[int, Field(ge=0, le=100), NUMBER] | None = None
    assessor_id: UUID | None = Field(None, description="Account of another member of staff.")


class CertifyIn(In):
    """From when to when a qualification holds, both days included, and what proves it."""

    valid_from: DayDate | None = Field(None, examples=["2027-02-15"])
    valid_until: DayDate | None = Field(None, description="It expires when this day is over.", examples=["2029-02-14"])
    evidence: Line | None = Field(
        None, description="Number and title of the document, such as a certificate.", examples=["PX-2027-014"]
    )


class WithdrawIn(In):
    """Why a training or its qualification is taken back."""

    cause: Literal["cancelled", "entered_by_mistake", "evidence_refuted", "competence_lost"]


class TrainingItem(BaseModel):
    """A training in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    account_id: UUID
    competence: str
    kind: Kind
    course: str
    pass_mark: int
    state: State
    attempt: int
    planned_on: date
    taken_on: date | None
    score: int | None
    assessor_id: UUID | None
    valid_from: date | None
    valid_until: date | None
    evidence: str | None
    cause: str | None
    updated_at: AwareDatetime


class TrainingOut(TrainingItem):
    """A training."""

    open_steps: list[OpenStepOut]


class TrainingQuery(ListQuery):
    """Filters and sorts of the list of trainings."""

    state: State | None = None
    account_id: UUID | None = None
    competence: Competence | None = None
    kind: Kind | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
