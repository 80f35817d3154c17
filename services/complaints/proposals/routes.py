"""Proposed complaints over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.schemas import open_steps_out, tag
from services.complaints.proposals import actions, queries
from services.complaints.proposals.models import ProposedComplaint
from services.complaints.proposals.rules import LIFECYCLE
from services.complaints.proposals.schemas import (
    ConfirmedOut,
    ConfirmIn,
    DismissIn,
    ProposalItem,
    ProposalOut,
    ProposalQuery,
)

router = APIRouter(prefix="/v1", tags=["proposed complaints"], route_class=IdempotentRoute)


@router.get("/proposed-complaints")
async def list_proposed_complaints(
    asked: Annotated[ProposalQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.proposed_complaint.read")],
) -> Page[ProposalItem]:
    """Answers to surveys that were scored low, and whether they are complaints."""
    rows = await queries.list_proposals(work, asked)
    items = [ProposalItem.model_validate(proposal) for proposal in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/proposed-complaints/{proposal_id}")
async def read_proposed_complaint(
    proposal_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.proposed_complaint.read")],
    response: Response,
    language: Language,
) -> ProposalOut:
    """A proposed complaint with the steps that are possible now."""
    proposal = await work.find(ProposedComplaint, proposal_id)
    tag(response, proposal.version)
    return _out(work, proposal, language)


@router.post("/proposed-complaints/{proposal_id}/confirm")
async def confirm_proposed_complaint(
    proposal_id: UUID,
    body: ConfirmIn,
    work: Annotated[UnitOfWork, permitted("complaints.proposed_complaint.confirm")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ConfirmedOut:
    """Says that an answer is a complaint, which is registered with it (确认为投诉)."""
    proposal, registered = await actions.confirm(work, proposal_id, body, expected)
    tag(response, proposal.version)
    return ConfirmedOut(
        **dict(_out(work, proposal, language)),
        receipt_number=registered.complaint.receipt_number,
        receipt_code=registered.receipt_code,
    )


@router.post("/proposed-complaints/{proposal_id}/dismiss")
async def dismiss_proposed_complaint(
    proposal_id: UUID,
    body: DismissIn,
    work: Annotated[UnitOfWork, permitted("complaints.proposed_complaint.dismiss")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ProposalOut:
    """Says that an answer leads to no complaint of its own, with the reason (排除)."""
    proposal = await actions.dismiss(work, proposal_id, body, expected)
    tag(response, proposal.version)
    return _out(work, proposal, language)


def _out(work: UnitOfWork, proposal: ProposedComplaint, language: str) -> ProposalOut:
    steps = LIFECYCLE.open_steps(proposal, None, actor=work.actor, now=work.now)
    item = ProposalItem.model_validate(proposal)
    return ProposalOut(**item.model_dump(), open_steps=open_steps_out(steps, language))
