"""What complaints do when an answer to a survey was scored low."""

from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.ids import new_id
from chassis.reactions import reacts_to
from chassis.tasks.actions import give_task
from chassis.tasks.rules import to_role
from contracts.proposals import ProposedComplaintRaised
from contracts.satisfaction import AnswerLowScored
from services.complaints.proposals.models import ProposedComplaint
from services.complaints.proposals.queries import SHARED, is_proposed, shared
from services.complaints.proposals.rules import CONFIRMING, State
from services.complaints.tasks.rules import HANDLER


@reacts_to(AnswerLowScored)
async def propose_complaint(work: UnitOfWork, received: Received[AnswerLowScored]) -> None:
    """An answer that was scored low becomes a proposed complaint, once, and somebody is asked to look at it."""
    if await is_proposed(work, received.data.answer_id):
        return
    proposal = ProposedComplaint(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        state=State.PROPOSED,
        **{name: getattr(received.data, name) for name in SHARED},
    )
    work.add(proposal)
    made_by = work.record(proposal, ProposedComplaintRaised(**shared(proposal)))
    give_task(work, proposal.id, CONFIRMING, to_role(HANDLER), made_by=made_by, due_at=None, parameters={})
