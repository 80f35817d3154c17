"""Shapes of questions, proposals and decisions on the wire."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.schemas import NUMBER, Code, DayDate, In, Line, Moment, refusal
from contracts.base import Text
from contracts.complaint_state import ContactMethod, Decision
from services.complaints.complaints.schemas import RequiredWords, Words
from services.complaints.tasks.rules import MOST_REMEDIES

NO_EVIDENCE = Text("Name the evidence, or say why there is none.", "请列出证据，或说明没有证据的理由。")
RemedyKind = Literal["apology", "explanation", "correction", "credit", "refund", "replacement", "other"]


class AskIn(In):
    """A question without whose answer the investigation cannot go on (待补充)."""

    words: RequiredWords = Field(description="The question.")
    reason: Code = Field(examples=["account_unknown"])
    awaited: Literal["complainant", "third_party"] = "complainant"
    party_id: UUID | None = Field(
        None, description="Which complainant is asked; the first who complains, if not given."
    )
    method: ContactMethod = Field("message", description="How it was put; `message`: by the system.")


class AnswerIn(In):
    """The answer to the question."""

    words: RequiredWords
    method: ContactMethod = "message"
    at: Moment | None = Field(None, description="When it came; now, if not given.")


class RemedyIn(In):
    """What is done for the complainant."""

    kind: RemedyKind
    value: Line | None = Field(
        None, description="How much, for example an amount with its currency.", examples=["CNY 200"]
    )
    due_on: DayDate | None = Field(None, description="Until when; not before the day of the proposal.")
    owner_id: UUID | None = Field(None, description="Account of who sees to it, and is asked to once it is decided.")


class ProposeIn(In):
    """Finding, cause, remedies and decision, before they are approved (拟办)."""

    finding: RequiredWords
    cause: Code = Field(examples=["change_without_test"])
    evidence: list[UUID] = Field(default_factory=list, max_length=50, description="Files of the complaint.")
    no_evidence_reason: Words | None = None
    remedies: list[RemedyIn] = Field(default_factory=list, max_length=MOST_REMEDIES)
    decision: Decision
    answer: RequiredWords = Field(description="What the complainant is told, in their language.")

    @model_validator(mode="after")
    def _has_evidence_or_a_reason(self) -> Self:
        if not self.evidence and not self.no_evidence_reason:
            raise refusal("evidence_missing", NO_EVIDENCE)
        return self


class ApproveIn(In):
    """The decision goes to the complainant (答复)."""

    method: ContactMethod = Field("message", description="How they are told; `message`: by the system.")
    lateness_reason: Words | None = Field(None, description="Why a limit was missed, where one was.")


class SendBackIn(In):
    """What is to be mended in a proposal (退回)."""

    words: RequiredWords


class DeliverIn(In):
    """A remedy that was delivered."""

    remedy: Annotated[int, Field(ge=1, le=MOST_REMEDIES), NUMBER] = Field(
        description="Its number among those of the decision, from 1."
    )
    at: Moment | None = Field(None, description="When; now, if not given.")
    words: Words | None = None


class ConfirmIn(In):
    """What the complainant says of a remedy that was delivered."""

    remedy: Annotated[int, Field(ge=1, le=MOST_REMEDIES), NUMBER] = Field(
        description="Its number among those of the decision, from 1."
    )
    method: ContactMethod
    at: Moment | None = Field(None, description="When; now, if not given.")
    words: Words | None = None


class TimeOutIn(In):
    """The longest pause is over."""
