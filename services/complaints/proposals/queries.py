"""Reads of proposed complaints."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.rows import Read
from services.complaints.proposals.models import ProposedComplaint
from services.complaints.proposals.schemas import ProposalQuery

PROPOSALS = Listing(
    ProposedComplaint,
    filters={
        "state": ProposedComplaint.state,
        "survey_id": ProposedComplaint.survey_id,
        "customer_id": ProposedComplaint.customer_id,
        "complaint_id": ProposedComplaint.complaint_id,
    },
    sorts={
        "-occurred_at": ProposedComplaint.occurred_at,
        "occurred_at": ProposedComplaint.occurred_at,
        "-updated_at": ProposedComplaint.updated_at,
        "updated_at": ProposedComplaint.updated_at,
    },
    updated_at=ProposedComplaint.updated_at,
)
OF_ANSWER = Read(
    select(ProposedComplaint).where(
        ProposedComplaint.provider_id == bindparam("provider_id"), ProposedComplaint.answer_id == bindparam("answer_id")
    ),
    ProposedComplaint,
)
SHARED = ("answer_id", "survey_id", "customer_id", "score", "threshold", "occurred_at")
"""What the event of an answer tells, and every event of its proposed complaint."""


async def list_proposals(work: UnitOfWork, asked: ProposalQuery) -> Rows[ProposedComplaint]:
    """A page of the provider's proposed complaints."""
    return await PROPOSALS.page(work, asked)


async def is_proposed(work: UnitOfWork, answer_id: UUID) -> bool:
    """Whether an answer has led to its proposed complaint already."""
    return bool(await work.read(OF_ANSWER, answer_id=answer_id))


def shared(proposal: ProposedComplaint) -> dict[str, Any]:
    """The whole shared state of a proposed complaint, as every event of it carries it."""
    columns = {name: getattr(proposal, name) for name in ("state", *SHARED, "complaint_id", "cause")}
    return {"proposal_id": proposal.id, **columns}
