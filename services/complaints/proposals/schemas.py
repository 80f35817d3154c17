"""Shapes of proposed complaints on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import In, Moment, OpenStepOut
from contracts.proposals import DismissalCause
from services.complaints.channels.schemas import ChannelCode
from services.complaints.complaints.schemas import ReceiveIn

ProposalState = Literal["proposed", "confirmed", "dismissed"]


class ConfirmIn(ReceiveIn):
    """The complaint that an answer is, as it is registered."""

    channel: ChannelCode = Field("other", description="Code of a channel for surveys, or the built-in `other`.")
    received_at: Moment | None = Field(
        None, description="When it reached the provider; when the survey was answered, if not given."
    )
    customer_id: UUID | None = Field(None, description="The customer (需方) it comes from; as answered, if not given.")


class DismissIn(In):
    """Why an answer leads to no complaint of its own."""

    cause: DismissalCause


class ProposalItem(BaseModel):
    """A proposed complaint: the answer that led to it, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    state: ProposalState
    answer_id: UUID
    survey_id: UUID
    customer_id: UUID | None
    score: float
    threshold: float = Field(description="The score up to which an answer is proposed as a complaint.")
    occurred_at: AwareDatetime = Field(description="When the survey was answered.")
    complaint_id: UUID | None = Field(description="The complaint that it became.")
    cause: DismissalCause | None = Field(description="Why it was dismissed.")
    updated_at: AwareDatetime


class ProposalOut(ProposalItem):
    """A proposed complaint with the steps that are possible now."""

    open_steps: list[OpenStepOut]


class ConfirmedOut(ProposalOut):
    """A proposed complaint just confirmed, with the receipt of the complaint: its code is shown once."""

    receipt_number: str
    receipt_code: str = Field(description="Secret of the complainant, for tracking; it cannot be shown again.")


class ProposalQuery(ListQuery):
    """Filters and sorts of the list of proposed complaints."""

    state: ProposalState | None = None
    survey_id: UUID | None = None
    customer_id: UUID | None = None
    complaint_id: UUID | None = Field(None, description="The one that this complaint was.")
    sort: Literal["-occurred_at", "occurred_at", "-updated_at", "updated_at"] = "-occurred_at"
