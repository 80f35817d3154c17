"""Shapes of appointments on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import NUMBER, Code, DayDate, In, Line, OpenStepOut

State = Literal["in_force", "ended"]
Duty = Annotated[Code, Field(description="Code of the duty.", examples=["complaint_handling"])]


class AppointIn(In):
    """An appointment to make; a refusal names all that lacks."""

    account_id: UUID = Field(description="The member of staff.")
    duty: Duty
    dedicated: bool = Field(False, description="Whether it is the person's main duty (专职), whatever the hours.")
    share: Annotated[int, Field(ge=1, le=100), NUMBER] = Field(
        description="Percentage of the person's time.", examples=[50]
    )
    begins_on: DayDate = Field(examples=["2027-01-01"])
    ends_on: DayDate | None = Field(None, description="The last day, if one is agreed; it ends by itself then.")
    document: Line | None = Field(
        None, description="Number and title of the document by which it is made.", examples=["人字〔2027〕3号"]
    )


class EndIn(In):
    """Why an appointment is ended, and its last day."""

    cause: Literal["completed", "reassigned", "resigned", "entered_by_mistake"] = Field(
        description="What was `entered_by_mistake` counts as if it had never been."
    )
    ended_on: DayDate | None = Field(None, description="The last day on which it held; today, if not given.")


class AppointmentItem(BaseModel):
    """An appointment in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    account_id: UUID
    duty: str
    dedicated: bool
    share: int
    begins_on: date
    ends_on: date | None
    document: str
    state: State
    cause: str | None
    updated_at: AwareDatetime


class AppointmentOut(AppointmentItem):
    """An appointment."""

    open_steps: list[OpenStepOut]


class AppointmentQuery(ListQuery):
    """Filters and sorts of the list of appointments."""

    state: State | None = None
    account_id: UUID | None = None
    duty: Duty | None = None
    dedicated: bool | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
