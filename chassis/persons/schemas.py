"""Shapes of persons' data on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import NUMBER, Code, In, Line


class FindIn(In):
    """By what a person is found; sent in a body, so that it stands in no address and no log."""

    telephone: Line | None = None
    email: Line | None = None


class PlaceOut(BaseModel):
    """A person in a record."""

    person_id: UUID
    record_type: str
    record_id: UUID
    role: str


class FoundOut(BaseModel):
    """Where somebody stands."""

    items: list[PlaceOut]


class ToldOut(PlaceOut):
    """All that this service holds of a person in one record, in plain words."""

    data: dict[str, Any]


class ErasureOut(BaseModel):
    """The proof that a person's data were erased; records, journal and figures have stayed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    person_id: UUID
    record_type: str
    record_id: UUID
    data_class: str
    basis: Literal["request", "retention"]
    erased_at: AwareDatetime
    erased_by: str
    rows: dict[str, int] = Field(description="Rows touched, by table.")
    updated_at: AwareDatetime


class ErasureQuery(ListQuery):
    """Filters of the list of erasures."""

    basis: Literal["request", "retention"] | None = None
    data_class: Code | None = None
    sort: Literal["-erased_at"] = "-erased_at"


class RetentionIn(In):
    """How long a class of personal data is kept."""

    data_class: Code = Field(description="A class of personal data.")
    years: Annotated[int, Field(ge=1, le=30), NUMBER] = Field(description="After the record has ended.", examples=[5])


class RetentionClassOut(BaseModel):
    """A class of personal data: how long it is kept, and what the next sweep would erase (a dry run)."""

    data_class: str
    title: str
    years: int
    due: list[PlaceOut] = Field(description="Persons whose time is over, at most 200.")


class RetentionOut(BaseModel):
    """How long each class of personal data is kept."""

    legal_hold: bool = Field(description="While it holds, nothing is erased.")
    items: list[RetentionClassOut]
