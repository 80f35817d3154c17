"""What is done to waive a rule for one complaint, and to link what follows from it."""

from chassis.calendars.queries import present_calendar
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_person, to_role
from chassis.worktime import end_of_working_day
from contracts.handling import ComplaintImprovementLinked, ComplaintWaived, ComplaintWaiverReviewed
from services.complaints.complaints.queries import task_parameters
from services.complaints.steps.queries import Matter
from services.complaints.tasks.rules import CONTROLLING, MANAGEMENT, RECORDING_IMPROVEMENT
from services.complaints.waivers.schemas import LinkIn, ReviewWaiverIn, WaiveIn

REVIEW_DAYS = 10
"""Working days within which the substitute control takes place."""


async def waive(matter: Matter, body: WaiveIn) -> None:
    """Keeps the waiver, and asks for the review that takes the rule's place."""
    work, complaint = matter.work, matter.complaint
    due_at = end_of_working_day((await present_calendar(work)).calendar, work.now, REVIEW_DAYS)
    data = {
        "objection": body.objection,
        "control": body.control,
        "reviewer_id": None if body.reviewer_id is None else str(body.reviewer_id),
        "until": None if body.until is None else body.until.isoformat(),
        "review_due": due_at.isoformat(),
    }
    words = {"words": body.words, "reviewer": body.reviewer_name}
    more = {"objection": body.objection, "control": body.control, "review_due": due_at}
    record = await matter.note("waive", ComplaintWaived, data=data, words=words, told=more)
    give_task(
        work,
        complaint.id,
        CONTROLLING[len(matter.facts.of("waive")) - 1],
        to_role(MANAGEMENT) if body.reviewer_id is None else to_person(body.reviewer_id),
        made_by=record.entry_id,
        due_at=due_at,
        parameters=task_parameters(complaint),
    )


async def review_waiver(matter: Matter, body: ReviewWaiverIn) -> None:
    """Keeps what the substitute control has found; nobody is asked for that review any more."""
    data = {"waiver": body.waiver, "outcome": body.outcome}
    await matter.note(
        "review_waiver", ComplaintWaiverReviewed, data=data, words={"words": body.words}, told={"outcome": body.outcome}
    )
    await end_tasks(matter.work, matter.complaint.id, CONTROLLING[body.waiver - 1])


async def link_improvement(matter: Matter, body: LinkIn) -> None:
    """Links the improvement that follows from the complaint; nobody is asked for one any more."""
    matter.complaint.improvement = body.improvement
    await matter.note("link_improvement", ComplaintImprovementLinked, data={"improvement": body.improvement})
    await end_tasks(matter.work, matter.complaint.id, RECORDING_IMPROVEMENT)
