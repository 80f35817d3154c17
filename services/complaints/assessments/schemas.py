"""Shapes of assessments, refusals and appeals on the wire."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.schemas import NUMBER, Code, In, Moment, refusal
from contracts.base import Text
from contracts.complaint_state import ContactMethod, Level, Severity, SubjectKind, Validity
from services.complaints.complaints.schemas import RequiredWords, Words

NO_SUBJECT = Text(
    "Name the person by account_id or the team or department by unit_id; other kinds have neither.",
    "人员须填写 account_id，团队或部门须填写 unit_id；其他类型均不填写。",
)
SUBJECTS = {"person": (True, False), "team": (False, True), "department": (False, True)}
"""Which of account and unit a kind of subject has."""
RefusalReason = Literal[
    "not_our_service", "settled_before", "in_court", "out_of_time", "cannot_be_verified", "abusive", "no_complaint"
]


class SubjectIn(In):
    """Whom or what the complaint is about."""

    kind: SubjectKind
    account_id: UUID | None = Field(None, description="The member of staff, of a `person` only.")
    unit_id: UUID | None = Field(None, description="The department or team, of a `team` or `department` only.")

    @model_validator(mode="after")
    def _named_as_its_kind_asks(self) -> Self:
        given = (self.account_id is not None, self.unit_id is not None)
        if given != SUBJECTS.get(self.kind, (False, False)):
            raise refusal("subject_not_named", NO_SUBJECT)
        return self


class AssessmentIn(In):
    """What a complaint is about and how severe it is (评估)."""

    severity: Severity
    urgency: Level
    category: Code = Field(examples=["outage"])
    validity: Validity = Field(description="Whether there is something in it, as far as can be said now.")
    safety: bool = Field(description="Whether it bears on somebody's safety.")
    legal: bool = Field(description="Whether it bears on the law.")
    subject: SubjectIn
    customer_id: UUID | None = Field(description="The customer it comes from; null: none.")
    service: Code | None = Field(description="The service it is about; null: none.", examples=["portal"])
    department_id: UUID | None = Field(description="The department that answers for it; null: none.")
    decide_hours: Annotated[int, Field(ge=1, le=2000), NUMBER] | None = Field(
        None, description="A shorter limit to decide, in working hours from receipt."
    )
    words: Words | None = Field(None, description="Why it is seen so.")


class ReassessmentIn(AssessmentIn):
    """A correction of the assessment; the clocks keep their credit (重新评估)."""

    reason: Code = Field(examples=["new_facts"])


class RefuseIn(In):
    """Why a complaint is not accepted (不予受理): the complainant is told, with one internal appeal."""

    reason: RefusalReason
    words: RequiredWords = Field(description="What the complainant is told of the reason.")


class AppealIn(In):
    """An appeal that succeeds: the complaint is accepted after all (申诉成立)."""

    method: ContactMethod
    received_at: Moment | None = Field(None, description="When the appeal came; now, if not given.")
    words: RequiredWords = Field(description="What the complainant objects to, and what was decided.")


class UpholdIn(AppealIn):
    """An appeal that fails: the refusal stays (申诉驳回)."""
