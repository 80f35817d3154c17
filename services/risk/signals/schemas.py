"""Shapes of signals on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from contracts.risk import SignalGround


class SignalOut(BaseModel):
    """A signal: what raised it, and why it bears on risk."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    state: Literal["raised"]
    source_type: Literal["complaint"]
    source_id: UUID = Field(description="The record that raised it.")
    reasons: list[Literal["safety", "security"]] = Field(description="Concerns that were named at its receipt.")
    grounds: list[SignalGround] = Field(description="What the decision on it shows.")
    customer_id: UUID | None
    occurred_at: AwareDatetime
    updated_at: AwareDatetime


class SignalQuery(ListQuery):
    """Filters and sorts of the list of signals."""

    source: UUID | None = Field(None, description="Only what this record raised, for example a complaint.")
    sort: Literal["-occurred_at", "occurred_at", "-updated_at", "updated_at"] = "-occurred_at"
