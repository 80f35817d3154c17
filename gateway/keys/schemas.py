"""Shapes of API keys on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chassis.paging import ListQuery
from chassis.schemas import In, Name, OpenStepOut

State = Literal["active", "withdrawn"]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+){0,2}$", max_length=100)]


class KeyIn(In):
    """An API key to issue."""

    name: Name = Field(description="What the key is for, for people.", examples=["Night import"])
    scopes: list[Scope] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Roles and permissions within the holder's roles; without them, the holder's roles as they are.",
        examples=[["complaints.complaint.receive"]],
    )
    expires_at: AwareDatetime | None = Field(
        None,
        description="When the key ends by itself; if not given, never. A person's own ends in 90 days, at most in 365.",
    )


class KeyItem(BaseModel):
    """An API key in a list, without the key."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    client_id: UUID | None = Field(description="The machine whose key it is; null for a person's.")
    account_id: UUID | None = Field(description="The person whose key it is; null for a machine's.")
    name: str
    scopes: list[str] | None
    expires_at: AwareDatetime | None
    state: State
    created_at: AwareDatetime
    updated_at: AwareDatetime


class KeyOut(KeyItem):
    """An API key, without the key."""

    open_steps: list[OpenStepOut]


class KeyCreatedOut(KeyOut):
    """A new API key."""

    key: str = Field(description="For `Authorization: Bearer`. It is shown this once.", examples=["sk_…"])


class OwnKeyQuery(ListQuery):
    """Filters and sorts of the list of one's own API keys."""

    state: State | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"


class KeyQuery(OwnKeyQuery):
    """Filters and sorts of the list of API keys."""

    client_id: UUID | None = None
    account_id: UUID | None = None
