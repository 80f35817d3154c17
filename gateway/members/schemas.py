"""Shapes of members on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from chassis.paging import ListQuery
from chassis.schemas import Email, In, Name, OpenStepOut
from gateway.clients.schemas import Role, Roles

State = Literal["active", "withdrawn"]
PersonLanguage = Annotated[Literal["en", "zh-CN"], Field(description="The person's own language.")]


class MemberChangeIn(In):
    """What is to change in a member; what is missing or null stays as it is."""

    name: Name | None = None
    email: Email | None = None
    language: PersonLanguage | None = None
    roles: Roles | None = None


class MemberItem(BaseModel):
    """A member in a list."""

    id: UUID = Field(description="Id of the person's account, the same at every provider.")
    version: int
    name: str | None = Field(description="Null once it was erased.")
    email: str | None
    language: PersonLanguage
    roles: list[str]
    state: State
    created_at: AwareDatetime
    updated_at: AwareDatetime


class MemberOut(MemberItem):
    """A member."""

    open_steps: list[OpenStepOut]


class MemberQuery(ListQuery):
    """Filters and sorts of the list of members."""

    state: State | None = None
    role: Role | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
