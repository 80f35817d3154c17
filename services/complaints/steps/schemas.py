"""Shapes of steps in bulk on the wire."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.errors import ObjectionOut
from chassis.schemas import Code, In
from services.complaints.complaints.schemas import ComplaintStateName


class BulkIn(In):
    """One step for many complaints."""

    step: Code = Field(description="The step, as in the address of one complaint.", examples=["assign"])
    ids: list[UUID] = Field(min_length=1, max_length=100, description="The complaints; each once.")
    body: dict[str, Any] = Field(default_factory=dict, description="What the step itself takes.")


class BulkItem(BaseModel):
    """What became of one of them."""

    id: UUID
    taken: bool
    version: int | None = None
    state: ComplaintStateName | None = None
    problem: str | None = Field(None, description="The code of the problem, where it was not taken.")
    objections: list[ObjectionOut] = Field(default_factory=list, description="All that stands against a refused step.")


class BulkOut(BaseModel):
    """What became of each, by id."""

    items: list[BulkItem]
