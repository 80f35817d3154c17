"""What is done with objections."""

from contracts.handling import ComplaintObjected, ComplaintObjectionAnswered
from services.complaints.handling.actions import ask_nobody_to_decide, ask_to_decide
from services.complaints.notices.actions import OBJECTION_ANSWER, write_notice
from services.complaints.objections.schemas import AnswerObjectionIn, ObjectIn
from services.complaints.steps.queries import Matter
from services.complaints.tasks.rules import HEARING


async def object_to(matter: Matter, body: ObjectIn) -> None:
    """Keeps an objection, and asks whoever may hear it."""
    record = await matter.note(
        "object",
        ComplaintObjected,
        data={"method": body.method},
        words={"words": body.words},
        party=matter.party(body.party_id),
        at=body.at,
        told={"method": body.method},
    )
    ask_to_decide(matter, HEARING, record.entry_id)


async def answer_objection(matter: Matter, body: AnswerObjectionIn) -> None:
    """Leaves the complaint closed; who objected is told why."""
    waiting = matter.facts.waiting
    party = matter.party(body.party_id or next(iter(waiting)))
    notice = await write_notice(matter, OBJECTION_ANSWER, body.words, to=party)
    await matter.note("answer_objection", ComplaintObjectionAnswered, party=party, notice=notice)
    if len(waiting) == 1:
        await ask_nobody_to_decide(matter, HEARING)
