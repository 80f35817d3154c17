"""What is done with objections."""

from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_role
from contracts.handling import ComplaintObjected, ComplaintObjectionAnswered
from services.complaints.complaints.queries import task_parameters
from services.complaints.complaints.rules import HEARING, LEAD
from services.complaints.notices.actions import OBJECTION_ANSWER, write_notice
from services.complaints.objections.schemas import AnswerObjectionIn, ObjectIn
from services.complaints.steps.queries import Matter


async def object_to(matter: Matter, body: ObjectIn) -> None:
    """Keeps an objection, and asks the lead to hear it."""
    work, complaint = matter.work, matter.complaint
    record = await matter.note(
        "object",
        ComplaintObjected,
        data={"method": body.method},
        words={"words": body.words},
        party=matter.party(body.party_id),
        at=body.at,
        told={"method": body.method},
    )
    give_task(
        work,
        complaint.id,
        HEARING,
        to_role(LEAD),
        made_by=record.entry_id,
        due_at=None,
        parameters=task_parameters(complaint),
    )


async def answer_objection(matter: Matter, body: AnswerObjectionIn) -> None:
    """Leaves the complaint closed; who objected is told why."""
    waiting = matter.facts.waiting
    party = matter.party(body.party_id or next(iter(waiting)))
    notice = await write_notice(matter, OBJECTION_ANSWER, body.words, to=party)
    await matter.note("answer_objection", ComplaintObjectionAnswered, party=party, notice=notice)
    if len(waiting) == 1:
        await end_tasks(matter.work, matter.complaint.id, HEARING)
