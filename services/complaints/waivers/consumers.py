"""What complaints do when an improvement was recorded that follows from one of them."""

from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.errors import Problem
from chassis.logs import log
from chassis.reactions import reacts_to
from contracts.satisfaction import ImprovementRecorded
from services.complaints.complaints.models import Complaint
from services.complaints.steps.actions import take
from services.complaints.waivers.schemas import LinkIn

SOURCE = ("complaints", "complaint")


@reacts_to(ImprovementRecorded)
async def link_recorded_improvement(work: UnitOfWork, received: Received[ImprovementRecorded]) -> None:
    """Links an improvement to the complaint that it follows from, unless one is linked there already."""
    told = received.data
    if (told.source_service, told.source_kind) != SOURCE:
        return
    complaint = await work.load(Complaint, told.source_id)
    if complaint.improvement is not None:
        return
    try:
        await take(work, complaint.id, "link_improvement", LinkIn(improvement=str(told.improvement_id)))
    except Problem as refused:
        codes = [one.code for one in refused.objections]
        log.warning("an improvement could not be linked", complaint=str(complaint.id), objections=codes)
