"""Shapes of departments and teams on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import Code, In, Name, OpenStepOut
from contracts.projects import UnitKind

State = Literal["active", "retired"]
HEAD = "Account of whoever heads it, an employed member of staff."


class RegisterDepartmentIn(In):
    """A department, or a team within one."""

    code: Code = Field(examples=["service-desk"])
    kind: UnitKind = "department"
    name: Name = Field(examples=["Service desk"])
    parent_id: UUID | None = Field(None, description="The department that a team belongs to.")
    head_id: UUID | None = Field(None, description=HEAD)


class ChangeDepartmentIn(In):
    """What is to change; what is missing stays as it is, and a head that is null leaves it without one."""

    name: Name | None = None
    parent_id: UUID | None = Field(None, description="Of a team: its department from now on; people go along.")
    head_id: UUID | None = Field(None, description=HEAD)


class DepartmentItem(BaseModel):
    """A department or team in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    kind: UnitKind
    name: str
    parent_id: UUID | None
    head_id: UUID | None
    state: State
    updated_at: AwareDatetime


class DepartmentOut(DepartmentItem):
    """A department or team."""

    open_steps: list[OpenStepOut]


class DepartmentQuery(ListQuery):
    """Filters and sorts of the list of departments and teams."""

    state: State | None = None
    kind: UnitKind | None = None
    parent_id: UUID | None = Field(None, description="Only the teams of this department.")
    sort: Literal["-updated_at", "updated_at", "code"] = "-updated_at"
