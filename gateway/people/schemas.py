"""Shapes of people and machines on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from contracts.base import Text

MOST = 200
TOO_MANY = Text("At most {most} ids at a time.", "一次最多 {most} 个编号。")
Kind = Literal["person", "client"]


def _apart(ids: object) -> object:
    return [part for one in ids for part in str(one).split(",")] if isinstance(ids, list) else ids


def _not_too_many(ids: list[UUID]) -> list[UUID]:
    if len(ids) > MOST:
        raise PydanticCustomError("refused", "refused", {"code": "too_many", "text": TOO_MANY.filled(most=MOST)})
    return list(dict.fromkeys(ids))


Ids = Annotated[
    list[UUID],
    BeforeValidator(_apart),
    AfterValidator(_not_too_many),
    Field(description="Ids of accounts and clients, at most 200, separated by commas or given one by one."),
]


class NamesQuery(BaseModel):
    """Whose names are asked for."""

    model_config = ConfigDict(extra="forbid")

    ids: Ids


class NamedOut(BaseModel):
    """Who is behind an id."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Kind
    name: str | None = Field(description="Null once it was erased.")
    state: Literal["active", "withdrawn"]


class NamesOut(BaseModel):
    """Those of the asked ids that the provider knows, in the order asked."""

    items: list[NamedOut]


class ProviderNameOut(BaseModel):
    """A provider by its names."""

    id: UUID
    slug: str
    name: str


class MeOut(BaseModel):
    """The caller, as the token says."""

    kind: Kind
    id: UUID = Field(description="The client's id, or that of the person's account.")
    key_id: UUID | None = Field(description="The API key behind the token, if there is one.")
    provider: ProviderNameOut | None = Field(description="Null for the installation's operator.")
    roles: list[str]
    permissions: list[str]
    name: str | None = Field(description="Null for the installation's operator, and once it was erased.")
    language: Literal["en", "zh-CN"] | None = Field(description="A person's own; null for machines.")
    providers: list[ProviderNameOut] = Field(description="Those that a person works for, of this installation.")
