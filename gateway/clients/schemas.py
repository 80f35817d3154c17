"""Shapes of clients on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.paging import ListQuery
from chassis.schemas import In, Name, OpenStepOut
from contracts.base import Text
from gateway.credentials.rules import IN_PROVIDER

State = Literal["active", "withdrawn"]
UNKNOWN_ROLE = Text("There is no such role within a provider.", "供方内没有该角色。")


def _known(role: str) -> str:
    if role not in IN_PROVIDER:
        raise PydanticCustomError("refused", "refused", {"code": "role_unknown", "text": UNKNOWN_ROLE})
    return role


Role = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(IN_PROVIDER)})]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(IN_PROVIDER), examples=[["complaint_handler"]])]


class ClientIn(In):
    """A client to register."""

    name: Name = Field(description="What the machine is, for people.", examples=["Telephone system"])
    roles: Roles


class ClientChangeIn(In):
    """What is to change in a client; what is missing or null stays as it is."""

    name: Name | None = None
    roles: Roles | None = None


class ClientItem(BaseModel):
    """A client in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    name: str
    roles: list[str]
    state: State
    created_at: AwareDatetime
    updated_at: AwareDatetime


class ClientOut(ClientItem):
    """A client."""

    open_steps: list[OpenStepOut]


class ClientCreatedOut(ClientOut):
    """A new client with its secret."""

    client_secret: str = Field(
        description="For `POST /oauth/token`, with the id as `client_id`. It is shown this once."
    )


class ClientQuery(ListQuery):
    """Filters and sorts of the list of clients."""

    state: State | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
