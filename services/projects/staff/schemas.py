"""Shapes of members of staff on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import Code, DayDate, In, OpenStepOut, Spelled
from contracts.base import Text

State = Literal["employed", "left"]
POST = "Code of what the person works as (岗位)."
StaffNumber = Annotated[
    str,
    Spelled(
        r"[A-Z0-9][A-Z0-9-]{0,19}",
        Text(
            "Capital letters, digits and - are expected, at most 20 of them.",
            "此处应为大写字母、数字和 -，最多 20 个字符。",
        ),
    ),
    Field(description="What the person is known by on forms (工号); nobody else of the provider has it."),
]


class RejoinIn(In):
    """Where somebody works, and as what."""

    department_id: UUID
    team_id: UUID | None = Field(None, description="A team of that department.")
    post: Code = Field(description=POST, examples=["service-agent"])


class RegisterStaffIn(RejoinIn):
    """A new member of staff."""

    account_id: UUID = Field(description="The person's account; a login is not needed.")
    staff_number: StaffNumber | None = Field(None, examples=["0012"])


class ChangeStaffIn(In):
    """What is to change; what is missing stays as it is, a team or a number that is null is given up.

    Another department without a team leaves the present team.
    """

    department_id: UUID | None = None
    team_id: UUID | None = None
    post: Code | None = Field(None, description=POST)
    staff_number: StaffNumber | None = None


class AbsenceIn(In):
    """From when to when somebody is away, both days included, and who stands in; it takes the place of any before."""

    absent_from: DayDate = Field(examples=["2027-03-01"])
    absent_until: DayDate = Field(examples=["2027-03-12"])
    backup_id: UUID = Field(description="Account of another member of staff, who is there in that time.")


class StaffItem(BaseModel):
    """A member of staff in a list; names are read at `/v1/people`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="The person's account.")
    version: int
    department_id: UUID
    team_id: UUID | None
    post: str
    state: State
    absent_from: date | None
    absent_until: date | None
    backup_id: UUID | None
    staff_number: str | None
    updated_at: AwareDatetime


class StaffOut(StaffItem):
    """A member of staff."""

    open_steps: list[OpenStepOut]


class StaffQuery(ListQuery):
    """Filters and sorts of the list of staff."""

    state: State | None = None
    department_id: UUID | None = None
    team_id: UUID | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
