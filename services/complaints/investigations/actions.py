"""What is done to find out and to decide: questions, proposals, decisions, remedies."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.clocks.actions import Start, pause_clock, restart_clock, resume_clock, stop_clock
from chassis.jobs import clear_timers, set_timer
from chassis.providers import zone_of
from chassis.tasks.actions import end_tasks, give_task, move_due
from chassis.tasks.rules import to_person, to_role
from chassis.worktime import day_over
from contracts.handling import (
    ComplaintAnswered,
    ComplaintAsked,
    ComplaintDecided,
    ComplaintProposed,
    ComplaintRemedyConfirmed,
    ComplaintRemedyDelivered,
    ComplaintSentBack,
    ComplaintTimedOut,
)
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.queries import task_parameters
from services.complaints.complaints.rules import ACKNOWLEDGE, CLOSE, DECIDE, FOLLOW_UP, PROGRESS, State
from services.complaints.handling.actions import ask_nobody_to_decide, ask_to_decide
from services.complaints.investigations.rules import awaited, delivered, paused, undelivered
from services.complaints.investigations.schemas import (
    AnswerIn,
    ApproveIn,
    AskIn,
    ConfirmIn,
    DeliverIn,
    ProposeIn,
    SendBackIn,
    TimeOutIn,
)
from services.complaints.notices.actions import DECISION, QUESTION, write_notice
from services.complaints.steps.queries import Matter
from services.complaints.tasks.rules import (
    APPROVING,
    CONFIRMING,
    DELIVERING,
    FOLLOWING_UP,
    HANDLING,
    LEAD,
    PLANNING_FOLLOW_UP,
    RECORDING_IMPROVEMENT,
)

PAUSE, LONGEST_REMEDY = "complaint.pause", timedelta(days=30)
"""The timer of the longest pause; how long after the decision a remedy may be due for the follow-up to wait for it."""


async def ask(matter: Matter, body: AskIn) -> None:
    """Puts a question and pauses the clock of the decision, at most as long as the policy allows in all."""
    work, complaint = matter.work, matter.complaint
    complaint.came_from = str(_before(matter))
    await pause_clock(work, matter.clocks, DECIDE, body.reason, work.now)
    asked = notice = None
    if body.awaited == "complainant":
        asked = matter.first if body.party_id is None else matter.party(body.party_id)
        notice = await write_notice(matter, QUESTION, body.words, to=asked, send=body.method == "message")
    left = timedelta(days=matter.policy.longest_pause_days) - paused(matter.facts.records, work.now)
    set_timer(work, complaint.id, PAUSE, "over", work.now + left)
    data = {"reason": body.reason, "awaited": body.awaited, "method": body.method}
    more = {"ground": body.reason, "awaited": body.awaited}
    words = {"question": body.words} if notice is None else {}
    await matter.note("ask", ComplaintAsked, data=data, words=words, party=asked, notice=notice, told=more)


async def answer(matter: Matter, body: AnswerIn) -> None:
    """Keeps the answer as the words of whom was asked; the clock goes on from when it came, however late it is kept."""
    await go_on(matter, body.at or matter.work.now)
    asked = matter.facts.last("ask")
    party = None if asked is None or asked.party_id is None else matter.party(asked.party_id)
    data, words = {"method": body.method}, {"answer": body.words}
    await matter.note("answer", ComplaintAnswered, data=data, words=words, party=party, at=body.at)


async def time_out(matter: Matter, body: TimeOutIn) -> None:
    """Lets the clock go on although no answer came."""
    await go_on(matter, matter.work.now)
    await matter.note("time_out", ComplaintTimedOut)


async def propose(matter: Matter, body: ProposeIn) -> None:
    """Keeps finding, cause, remedies and decision, and asks for the approval."""
    complaint = matter.complaint
    complaint.came_from = str(_before(matter))
    complaint.cause, complaint.decision = body.cause, body.decision
    data = {
        "cause": body.cause,
        "decision": body.decision,
        "evidence": [str(one) for one in body.evidence],
        "remedies": [one.model_dump(mode="json", exclude={"value"}) for one in body.remedies],
    }
    values = {f"remedy {place}": one.value for place, one in enumerate(body.remedies, 1)}
    words = {"finding": body.finding, "no_evidence_reason": body.no_evidence_reason, "answer": body.answer, **values}
    keeper = None if matter.first.wrapped_key else next(iter(matter.complaining), None)
    record = await matter.note("propose", ComplaintProposed, data=data, words=words, party=keeper)
    live = matter.clocks.live(DECIDE.name)
    ask_to_decide(matter, APPROVING, record.entry_id, None if live is None else live.clock.due_at)


async def send_back(matter: Matter, body: SendBackIn) -> None:
    """Sends the proposal back with a comment."""
    await ask_nobody_to_decide(matter, APPROVING)
    await matter.note("send_back", ComplaintSentBack, words={"comment": body.words})


async def approve(matter: Matter, body: ApproveIn) -> None:
    """Communicates the decision: everybody who complains is told the answer, the clocks stop, the follow-up is due."""
    work, missed = matter.work, matter.missed(matter.work.now)
    await ask_nobody_to_decide(matter, APPROVING)
    await end_tasks(work, matter.complaint.id, HANDLING)
    proposed = next(one for one in reversed(matter.records) if one.step == "propose")
    words = await matter.words(proposed)
    until = work.now + timedelta(days=matter.policy.reopen_days)
    send = body.method == "message"
    notice = await write_notice(matter, DECISION, words.get("answer", ""), send=send, until=until)
    await decided(
        matter,
        "approve",
        data={"method": body.method, "missed": sorted(missed)},
        words={"lateness_reason": body.lateness_reason},
        notice=notice,
    )


async def decided(matter: Matter, step: str, *, data: dict[str, Any], **kept: Any) -> None:
    """What every decision does: its times, its clocks, how often its cause was decided before, and the follow-up.

    Where an improvement must follow and none is linked, the lead is asked for it.
    """
    work, complaint = matter.work, matter.complaint
    for rule in (ACKNOWLEDGE, DECIDE, PROGRESS):
        await stop_clock(work, matter.clocks, rule, work.now)
    complaint.decided_at = work.now
    complaint.first_decided_at = complaint.first_decided_at or work.now
    repeats = await _repeats(matter)
    late = "decide" in matter.missed(work.now)
    data = data | {"repeats": repeats}
    more = {"at_once": step == "resolve_at_once", "late": late, "repeats": repeats}
    more |= {"repeated": matter.policy.is_repeated(repeats)}
    if matter.policy.close is not None:
        await restart_clock(work, matter.clocks, Start(CLOSE, timedelta(hours=matter.policy.close)), work.now)
    if not awaited(matter.facts.records, await _waits_until(matter)):
        await start_follow_up(matter, work.now)
    record = await matter.note(step, ComplaintDecided, data=data, **kept, told=more)
    await _ask_to_deliver(matter, record.entry_id)
    asked = [PLANNING_FOLLOW_UP]
    if complaint.improvement is None and matter.policy.asks_for_improvement(complaint.severity, repeats):
        asked.append(RECORDING_IMPROVEMENT)
    for kind in asked:
        give_task(
            work,
            complaint.id,
            kind,
            to_role(LEAD),
            made_by=record.entry_id,
            due_at=None,
            parameters=task_parameters(complaint),
        )


async def deliver_remedy(matter: Matter, body: DeliverIn) -> None:
    """Notes that a remedy was delivered; nobody is asked for it any more.

    With the last one that the follow-up waited for its clock starts, from when that was delivered. One that it does not
    wait for, or that comes after the closing, has a confirmation contact of its own.
    """
    complaint, until = matter.complaint, await _waits_until(matter)
    remedy = next(one for one in undelivered(matter.facts.records) if one.number == body.remedy)
    last = complaint.state != State.CLOSED and awaited(matter.facts.records, until) == [remedy]
    before = [one.at for one in delivered(matter.facts.records)]
    begun = last and await start_follow_up(matter, max([body.at or matter.work.now, *before]))
    await end_tasks(matter.work, complaint.id, DELIVERING[body.remedy - 1])
    data, more = {"remedy": body.remedy}, {"remedy": body.remedy}
    record = await matter.note(
        "deliver_remedy", ComplaintRemedyDelivered, data=data, words={"words": body.words}, at=body.at, told=more
    )
    if begun:
        await _ask_to_call(matter, record.entry_id)
    elif complaint.state == State.CLOSED or (remedy.due_on is not None and remedy.due_on > until):
        caller = complaint.follow_up_caller_id
        give_task(
            matter.work,
            complaint.id,
            CONFIRMING[remedy.number - 1],
            to_role(LEAD) if caller is None else to_person(caller),
            made_by=record.entry_id,
            due_at=None,
            parameters=task_parameters(complaint),
        )


async def confirm_remedy(matter: Matter, body: ConfirmIn) -> None:
    """Keeps what the complainant says of a remedy that was delivered; nobody is asked for that any more."""
    await end_tasks(matter.work, matter.complaint.id, CONFIRMING[body.remedy - 1])
    data, more = {"remedy": body.remedy, "method": body.method}, {"remedy": body.remedy, "method": body.method}
    await matter.note(
        "confirm_remedy", ComplaintRemedyConfirmed, data=data, words={"words": body.words}, at=body.at, told=more
    )


async def _ask_to_call(matter: Matter, made_by: UUID) -> None:
    """Asks whoever is named to call back until the follow-up is due, also who was asked without a limit."""
    complaint, due = matter.complaint, matter.clocks.live(FOLLOW_UP.name)
    due_at = None if due is None else due.clock.due_at
    if complaint.follow_up_caller_id is not None:
        await move_due(matter.work, complaint.id, FOLLOWING_UP, due_at)
        give_task(
            matter.work,
            complaint.id,
            FOLLOWING_UP,
            to_person(complaint.follow_up_caller_id),
            made_by=made_by,
            due_at=due_at,
            parameters=task_parameters(complaint),
        )


async def start_follow_up(matter: Matter, at: datetime) -> bool:
    """Starts the clock of the follow-up, unless it runs or somebody has tried already; whether it did."""
    hours, complaint = matter.policy.follow_up, matter.complaint
    tried = matter.facts.of("record_follow_up", complaint.round)
    if hours is None or tried or matter.clocks.live(FOLLOW_UP.name) is not None:
        return False
    await restart_clock(matter.work, matter.clocks, Start(FOLLOW_UP, timedelta(hours=hours)), at)
    return True


async def ask_for_no_remedy(matter: Matter) -> None:
    """Asks nobody any more for what is still to be delivered or confirmed: it is decided anew, or not at all."""
    for came in delivered(matter.facts.records):
        await end_tasks(matter.work, matter.complaint.id, CONFIRMING[came.data["remedy"] - 1], "cancelled")
    for one in undelivered(matter.facts.records):
        if one.owner_id is not None:
            await end_tasks(matter.work, matter.complaint.id, DELIVERING[one.number - 1], "cancelled")


async def _ask_to_deliver(matter: Matter, made_by: UUID) -> None:
    """Asks the owner of each remedy to see to it, until its day is over where the provider is."""
    owned = [(one, one.owner_id) for one in undelivered(matter.facts.records) if one.owner_id is not None]
    if not owned:
        return
    zone = await zone_of(matter.work)
    for one, owner in owned:
        give_task(
            matter.work,
            matter.complaint.id,
            DELIVERING[one.number - 1],
            to_person(owner),
            made_by=made_by,
            due_at=None if one.due_on is None else day_over(one.due_on, zone),
            parameters=task_parameters(matter.complaint),
        )


async def go_on(matter: Matter, at: datetime) -> None:
    """Lets the clock of the decision go on, if it pauses: nobody is waited for any more."""
    await clear_timers(matter.work, matter.complaint.id, PAUSE)
    await resume_clock(matter.work, matter.clocks, DECIDE, at)


def _before(matter: Matter) -> State:
    """Where an answer or a comment leads back to: the kind of investigation of this round."""
    return State.INVESTIGATING if matter.complaint.round == 1 else State.REINVESTIGATING


async def _repeats(matter: Matter) -> int:
    """How many complaints were decided for this cause and service within the days of the policy, this one included.

    One that was merged counts with what it was merged into: a matter is no repetition of itself.
    """
    complaint = matter.complaint
    since = matter.work.now - timedelta(days=matter.policy.repeat_days)
    query = select(func.count()).where(
        Complaint.provider_id == matter.work.provider_id,
        Complaint.cause == complaint.cause,
        Complaint.decided_at >= since,
        Complaint.service.is_not_distinct_from(complaint.service),
        Complaint.merged_into.is_(None),
        Complaint.id != complaint.id,
    )
    return int((await matter.work.session.execute(query)).scalar_one()) + 1


async def _waits_until(matter: Matter) -> date:
    """The last day on which a remedy may be due for the follow-up to wait for it."""
    assert matter.complaint.decided_at is not None  # remedies are those of a decision
    return (matter.complaint.decided_at + LONGEST_REMEDY).astimezone(await zone_of(matter.work)).date()
