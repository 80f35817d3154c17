"""Shapes of cases at authorities on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chassis.paging import ListQuery
from chassis.schemas import In, Moment, OpenStepOut, Spelled
from contracts.base import Text
from contracts.external_cases import CorrectionCause, ExternalBody, ReplyMethod, RulingOutcome
from services.complaints.complaints.schemas import Words

CODE = r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}"
CHINESE = (
    r"[\u4e00-\u9fff]{0,10}[（(〔\[][0-9]{4}[）)〕\]][\u4e00-\u9fff]{0,6}[0-9]{0,6}[\u4e00-\u9fff]{0,8}[0-9]{1,8}号"
)
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Spelled(
        f"(?:{CODE}|{CHINESE})",
        Text(
            "A number is expected: letters, digits and . _ : / # -, such as GD-2026-001234, or a court's in Chinese.",
            "此处应为编号，例如 GD-2026-001234（字母、数字和 . _ : / # -）或（2026）京0105民初123号。",
        ),
    ),
]
"""The number that an authority gives; it goes into events, so it has a form in which nobody is named."""
ExternalCaseStateName = Literal["open", "replied", "ruled", "withdrawn", "entered_in_error"]


class RegisterExternalCaseIn(In):
    """A case at an authority, attached to a complaint in whatever state that is."""

    complaint_id: UUID
    body: ExternalBody
    reference: Reference = Field(description="The number that they gave it.", examples=["GD-2026-001234"])
    received_at: Moment | None = Field(None, description="When it reached the provider; now, if not given.")
    due_at: Moment | None = Field(None, description="Until when they want the reply, if they said so.")


class ReplyExternalCaseIn(In):
    """Our reply to the authority."""

    method: ReplyMethod
    reference: Reference | None = Field(None, description="The number of the reply.")
    proof: UUID | None = Field(None, description="A file of the complaint that shows the reply.")
    at: Moment | None = Field(None, description="When; now, if not given.")


class RuleExternalCaseIn(In):
    """What the authority has ruled."""

    outcome: RulingOutcome
    summary: Words | None = Field(None, description="The ruling in words; personal, kept encrypted.")
    at: Moment | None = Field(None, description="When the ruling reached the provider; now, if not given.")


class WithdrawExternalCaseIn(In):
    """That the case was withdrawn there."""

    at: Moment | None = Field(None, description="When; now, if not given.")


class CorrectExternalCaseEntryIn(In):
    """Why the entry was an error."""

    cause: CorrectionCause


class ExternalCaseItem(BaseModel):
    """A case at an authority in a list: no personal data."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    complaint_id: UUID
    body: ExternalBody
    reference: str
    state: ExternalCaseStateName
    received_at: AwareDatetime
    registered_at: AwareDatetime
    registered_by: str
    due_at: AwareDatetime | None
    overdue: bool = Field(description="Whether their limit is over and we have not replied.")
    replied_at: AwareDatetime | None
    reply_method: ReplyMethod | None
    reply_reference: str | None
    proof_id: UUID | None = Field(description="The file that shows the reply, among those of the complaint.")
    ruled_at: AwareDatetime | None = Field(description="When the ruling reached the provider.")
    outcome: RulingOutcome | None
    withdrawn_at: AwareDatetime | None
    cause: CorrectionCause | None = Field(description="Why the entry was an error.")
    updated_at: AwareDatetime


class ExternalCaseOut(ExternalCaseItem):
    """A case at an authority with the words of its ruling."""

    summary: str | None = Field(description="Null where there is none, and once the person was erased.")
    masked: bool = Field(description="Whether the words are masked for this reader.")
    open_steps: list[OpenStepOut]


class ExternalCaseQuery(ListQuery):
    """Filters and sorts of the list of cases at authorities."""

    complaint_id: UUID | None = None
    state: ExternalCaseStateName | None = None
    body: ExternalBody | None = None
    overdue: bool | None = Field(None, description="Whether their limit is over and we have not replied.")
    sort: Literal["-received_at", "received_at", "-updated_at", "updated_at"] = "-received_at"
