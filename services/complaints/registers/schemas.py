"""Shapes of yearly registers on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import FIRST_DAY, LAST_DAY, NUMBER, In, OpenStepOut
from contracts.complaint_state import Decision, Satisfaction, Severity
from services.complaints.complaints.schemas import ComplaintStateName


class CloseYearIn(In):
    """The year that is closed; who sends it signs (封账)."""

    year: Annotated[int, Field(ge=FIRST_DAY.year, le=LAST_DAY.year), NUMBER] = Field(examples=[2026])


class RegisterItem(BaseModel):
    """A register in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    year: int
    state: Literal["numbering", "closed"]
    zone: str = Field(description="The time zone whose year it is.")
    signed_by: str
    signed_at: AwareDatetime
    closed_at: AwareDatetime | None
    complaints: int = Field(description="Those that were registered when it was signed.")
    supplements: int = Field(description="Those of the year that were registered later: they stand at the end.")
    sha256: str | None = Field(description="Hash of the last row of the former; null until all have a number.")
    last_sha256: str = Field(description="Hash of the last row of all, supplements included.")
    updated_at: AwareDatetime


class RegisterOut(RegisterItem):
    """The register of a year (年度投诉台账)."""

    open_steps: list[OpenStepOut]


class RegisterRowOut(BaseModel):
    """A complaint as it stood when it got its number."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    name: str = Field(examples=["TS-2026-0001"])
    supplement: bool = Field(description="Whether it was registered after the register was signed.")
    numbered_at: AwareDatetime
    complaint_id: UUID
    receipt_number: str
    received_at: AwareDatetime
    registered_at: AwareDatetime
    channel: str
    state: ComplaintStateName
    category: str
    severity: Severity | None
    cause: str | None
    decision: Decision | None
    decided_at: AwareDatetime | None
    on_time: bool | None = Field(description="Decided within what was promised; null without a promise or an end.")
    closed_at: AwareDatetime | None
    satisfaction: Satisfaction | None
    handler_id: UUID | None
    sha256: str = Field(
        description="SHA-256 of the hash of the row before it (64 zeros before the first), a line feed, and this row "
        "as JSON: the fields above in the order of their names, without blanks, instants as 2026-01-05T02:00:00+00:00."
    )


class RegisterQuery(ListQuery):
    """Filters and sorts of the list of registers."""

    year: int | None = Field(None, ge=FIRST_DAY.year, le=LAST_DAY.year)
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
