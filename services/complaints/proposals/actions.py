"""What is done to proposed complaints."""

from typing import NamedTuple
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.tasks.actions import end_tasks
from contracts.base import Text
from contracts.proposals import ProposedComplaintConfirmed, ProposedComplaintDismissed
from services.complaints.channels.queries import BY_CODE
from services.complaints.complaints.actions import Registered, receive
from services.complaints.proposals.models import ProposedComplaint
from services.complaints.proposals.queries import shared
from services.complaints.proposals.rules import CONFIRMING, LIFECYCLE, SURVEY
from services.complaints.proposals.schemas import ConfirmIn, DismissIn

NOT_FOR_SURVEYS = Text("This channel is not one for surveys.", "该渠道不是满意度调查渠道。")


class Confirmed(NamedTuple):
    """A proposed complaint that was confirmed, and the complaint as it was registered."""

    proposal: ProposedComplaint
    registered: Registered


async def confirm(work: UnitOfWork, proposal_id: UUID, body: ConfirmIn, expected: int | None) -> Confirmed:
    """Registers the complaint that an answer is; 409 names all that intake lacks, 422 a channel that is not for it.

    It was received when the survey was answered, unless the handler knows better: that it is registered late shows.
    """
    proposal = await work.load(ProposedComplaint, proposal_id, expected)
    LIFECYCLE.advance(proposal, "confirm", None, body=body, actor=work.actor, now=work.now)
    await _comes_by_survey(work, body.channel)
    known = {
        "received_at": body.received_at or proposal.occurred_at,
        "customer_id": body.customer_id or proposal.customer_id,
    }
    registered = await receive(work, body.model_copy(update=known))
    proposal.complaint_id = registered.complaint.id
    work.record(proposal, ProposedComplaintConfirmed(**shared(proposal)))
    await end_tasks(work, proposal.id, CONFIRMING)
    return Confirmed(proposal, registered)


async def dismiss(work: UnitOfWork, proposal_id: UUID, body: DismissIn, expected: int | None) -> ProposedComplaint:
    """Notes that an answer leads to no complaint of its own, and why."""
    proposal = await work.load(ProposedComplaint, proposal_id, expected)
    LIFECYCLE.advance(proposal, "dismiss", None, body=body, actor=work.actor, now=work.now)
    proposal.cause = body.cause
    work.record(proposal, ProposedComplaintDismissed(**shared(proposal)))
    await end_tasks(work, proposal.id, CONFIRMING)
    return proposal


async def _comes_by_survey(work: UnitOfWork, code: str) -> None:
    """Raises a 422 problem for a channel of another kind; the built-in one is no row, an unknown one fails later."""
    found = await work.read(BY_CODE, code=code)
    if found and found[0].kind != SURVEY:
        raise invalid("/channel", "channel_not_for_surveys", NOT_FOR_SURVEYS)
