"""Events of proposed complaints, which answers to surveys lead to (clause 8.2)."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event

DismissalCause = Literal["no_complaint", "complained_already", "answered_by_mistake"]


class ProposedComplaintState(Event):
    """The whole shared state of a proposed complaint: the answer that led to it, and what became of it."""

    proposal_id: UUID
    state: str
    answer_id: UUID
    survey_id: UUID
    customer_id: UUID | None
    score: float
    threshold: float
    occurred_at: AwareDatetime
    complaint_id: UUID | None
    cause: DismissalCause | None


class ProposedComplaintRaised(ProposedComplaintState):
    """An answer to a survey was scored low: somebody is to say whether it is a complaint."""

    TYPE: ClassVar[str] = "complaints.proposed_complaint.raised.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ProposedComplaintConfirmed(ProposedComplaintState):
    """It is a complaint, and was registered as one."""

    TYPE: ClassVar[str] = "complaints.proposed_complaint.confirmed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ProposedComplaintDismissed(ProposedComplaintState):
    """It is no complaint of its own, with a reason."""

    TYPE: ClassVar[str] = "complaints.proposed_complaint.dismissed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"
