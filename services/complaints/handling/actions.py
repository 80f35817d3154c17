"""What is done to a complaint on its way: who has it, and what its clocks ask for."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.clocks.actions import Start, change_limit, restart_clock
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import TaskKind, to_person, to_role
from contracts.handling import (
    ComplaintAssigned,
    ComplaintEscalated,
    ComplaintExtended,
    ComplaintInformed,
    ComplaintInvestigationStarted,
    ComplaintReassigned,
)
from services.complaints.complaints.queries import task_parameters
from services.complaints.complaints.rules import DECIDE, PROGRESS
from services.complaints.handling.rules import lead_may_be_barred
from services.complaints.handling.schemas import AssignIn, EscalateIn, ExtendIn, InformIn, ReassignIn, StartIn
from services.complaints.notices.actions import EXTENSION, PROGRESS_NOTICE, write_notice
from services.complaints.steps.queries import Matter
from services.complaints.tasks.rules import ESCALATED, HANDLING, INSTEAD, LEAD, MANAGEMENT, NAMING, REACHING


async def assign(matter: Matter, body: AssignIn) -> None:
    """Gives the complaint to a handler, who is asked to handle it; the clock of progress starts."""
    take_over(matter, body)
    await begin_progress(matter)
    record = await matter.note("assign", ComplaintAssigned, data=named_in(body), words={"note": body.words})
    await ask_to_handle(matter, record.entry_id)


async def reassign(matter: Matter, body: ReassignIn) -> None:
    """Gives the complaint to another handler, with a hand-over note."""
    former = matter.complaint.handler_id
    take_over(matter, body)
    data = named_in(body) | {"reason": body.reason}
    more = {"ground": body.reason, "former_handler_id": former}
    record = await matter.note("reassign", ComplaintReassigned, data=data, words={"hand_over": body.words}, told=more)
    await ask_to_handle(matter, record.entry_id)


async def start(matter: Matter, body: StartIn) -> None:
    """Begins the investigation."""
    await matter.note("start", ComplaintInvestigationStarted, words={"plan": body.words})


async def inform(matter: Matter, body: InformIn) -> None:
    """Records that the complainant was told, or has them told; the clock of progress starts anew.

    Whom a notice did not reach is told with it.
    """
    await end_tasks(matter.work, matter.complaint.id, REACHING)
    notice = await write_notice(matter, PROGRESS_NOTICE, body.words) if body.send else None
    if matter.clocks.live(PROGRESS.name) is not None:
        await begin_progress(matter)
    await matter.note(
        "inform",
        ComplaintInformed,
        data={"method": body.method, "sent": body.send},
        words={} if body.send else {"told": body.words},
        at=body.at,
        notice=notice,
        told={"method": body.method},
    )


async def extend(matter: Matter, body: ExtendIn) -> None:
    """Moves the agreed limit to decide, and tells everybody who complains; the promised one stays."""
    live = matter.clocks.live(DECIDE.name)
    assert live is not None  # the guards of extend have seen to it
    assert live.limit is not None
    limit = live.limit + timedelta(hours=body.working_hours)
    changed = await change_limit(matter.work, matter.clocks, DECIDE, limit)
    notice = await write_notice(
        matter,
        EXTENSION,
        body.words or "",
        send=body.told_method == "message",
        working_hours=body.working_hours,
        until=None if changed is None else changed.clock.due_at,
    )
    data = {"reason": body.reason, "working_hours": body.working_hours, "method": body.told_method}
    more = {"ground": body.reason, "working_hours": body.working_hours}
    await matter.note("extend", ComplaintExtended, data=data, notice=notice, at=body.told_at, told=more)


async def escalate(matter: Matter, body: EscalateIn) -> None:
    """Puts the complaint before the next level, which is asked to look into it."""
    data = {"reason": body.reason, "to_id": str(body.to_id)}
    record = await matter.note(
        "escalate", ComplaintEscalated, data=data, words={"words": body.words}, told={"ground": body.reason}
    )
    await end_tasks(matter.work, matter.complaint.id, ESCALATED)
    give_task(
        matter.work,
        matter.complaint.id,
        ESCALATED,
        to_person(body.to_id),
        made_by=record.entry_id,
        due_at=None,
        parameters=task_parameters(matter.complaint),
    )


def take_over(matter: Matter, body: AssignIn) -> None:
    """Makes somebody the handler, who answers for the complaint from now on."""
    matter.complaint.handler_id, matter.complaint.backup_id = body.handler_id, body.backup_id


def named_in(body: AssignIn) -> dict[str, str | None]:
    """Whom an assignment names, as it is kept."""
    return {"handler_id": str(body.handler_id), "backup_id": None if body.backup_id is None else str(body.backup_id)}


async def ask_to_handle(matter: Matter, made_by: UUID) -> None:
    """Asks the handler to handle it, and nobody else any more."""
    handler = matter.complaint.handler_id
    assert handler is not None
    live = matter.clocks.live(DECIDE.name)
    await end_tasks(matter.work, matter.complaint.id, HANDLING, "cancelled")
    await end_tasks(matter.work, matter.complaint.id, NAMING)
    give_task(
        matter.work,
        matter.complaint.id,
        HANDLING,
        to_person(handler),
        made_by=made_by,
        due_at=None if live is None else live.clock.due_at,
        parameters=task_parameters(matter.complaint),
    )


def ask_for_handler(matter: Matter, made_by: UUID) -> None:
    """Asks the lead for a handler: there is none, or none who can handle it."""
    live = matter.clocks.live(DECIDE.name)
    give_task(
        matter.work,
        matter.complaint.id,
        NAMING,
        to_role(LEAD),
        made_by=made_by,
        due_at=None if live is None else live.clock.due_at,
        parameters=task_parameters(matter.complaint),
    )


def ask_to_decide(matter: Matter, kind: TaskKind, made_by: UUID, due_at: datetime | None = None) -> None:
    """Asks whoever may decide: who is outside where it is about the head, else the lead, and management beside them
    where the lead may be one who cannot.
    """
    facts, asked = matter.facts, {kind: to_role(LEAD)}
    if facts.about_head and facts.outside_reviewer_id is not None:
        asked = {kind: to_person(facts.outside_reviewer_id)}
    elif lead_may_be_barred(matter.complaint, facts, actor=matter.work.actor):
        asked[INSTEAD[kind]] = to_role(MANAGEMENT)
    for one, given_to in asked.items():
        give_task(
            matter.work,
            matter.complaint.id,
            one,
            given_to,
            made_by=made_by,
            due_at=due_at,
            parameters=task_parameters(matter.complaint),
        )


async def ask_nobody_to_decide(matter: Matter, kind: TaskKind) -> None:
    """Asks nobody any more: it was decided, or need not be."""
    for one in (kind, INSTEAD[kind]):
        await end_tasks(matter.work, matter.complaint.id, one)


async def begin_progress(matter: Matter) -> None:
    """Starts the clock of progress anew, where the policy has one for the severity."""
    hours = matter.policy.progress.get(matter.complaint.severity or "")
    if hours is not None:
        start_ = Start(PROGRESS, timedelta(hours=hours))
        await restart_clock(matter.work, matter.clocks, start_, matter.work.now)
