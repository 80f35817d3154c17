"""Shapes of the endings of a complaint on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from chassis.schemas import Code, In, Line, Moment
from contracts.complaint_state import ContactMethod
from services.complaints.complaints.schemas import RequiredWords, Words
from services.complaints.investigations.schemas import RemedyKind

NoComplaint = Literal["enquiry", "fault_report", "opinion", "spam", "test", "double_entry"]


class RedirectIn(In):
    """Why it is no complaint, and where it belongs (转办)."""

    reason: NoComplaint
    destination: Code = Field(examples=["service_desk"])
    told: bool = Field(False, description="Whether the sender was told where it goes.")
    words: Words | None = None


class DiscardIn(In):
    """Why an entry is no complaint at all (无效登记)."""

    reason: NoComplaint
    told: bool = Field(False, description="Whether the sender was told; `spam`, `test` and `double_entry` need it not.")
    words: Words | None = None


class ResolveIn(In):
    """A small matter that was settled in the contact in which it came (当场办结)."""

    method: ContactMethod
    severity: Literal["minor"] = "minor"
    legal: bool = False
    category: Code | None = Field(None, description="As it was registered, if not given.")
    cause: Code = Field(examples=["wrong_invoice"])
    remedy: RemedyKind
    value: Line | None = None
    agreed: bool = Field(description="Whether the complainant agreed, in the same contact.")
    done: bool = Field(description="Whether what was agreed is done.")
    words: RequiredWords = Field(description="What was agreed and done.")


class MergeIn(In):
    """The complaint of the same matter with which it is handled (并案)."""

    target_id: UUID
    words: RequiredWords = Field(description="Why it is the same matter.")


class WithdrawalIn(In):
    """The complainant's statement (撤诉); where others complain too, it goes on for them."""

    party_id: UUID | None = Field(
        None,
        description="Who withdraws, and all who complained under the same receipt, be it that of a complaint that was"
        " merged into this one; the first who complains, if not given.",
    )
    method: ContactMethod
    at: Moment | None = Field(None, description="When; now, if not given.")
    words: RequiredWords
