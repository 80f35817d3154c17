"""What is done to follow a decision up, to close a complaint, and to open it again."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.clocks.actions import Start, restart_clock
from chassis.jobs import clear_timers, set_timer
from chassis.providers import today_of
from chassis.tasks.actions import end_tasks, give_task, hand_over, move_due
from chassis.tasks.rules import TaskKind, to_person, to_role
from contracts.handling import (
    ComplaintClosed,
    ComplaintDissatisfied,
    ComplaintFinalPositionTaken,
    ComplaintFollowedUp,
    ComplaintFollowUpNotified,
    ComplaintFollowUpPlanned,
    ComplaintMailboxUnanswered,
    ComplaintReopened,
)
from services.complaints.complaints.queries import shared, task_parameters
from services.complaints.complaints.rules import CASE, CLOSE, DECIDE, FOLLOW_UP
from services.complaints.dossiers.actions import freeze
from services.complaints.follow_ups.rules import dissatisfied_parties, mailbox_until, satisfaction_of, way_of
from services.complaints.follow_ups.schemas import (
    AttemptIn,
    CloseIn,
    DissatisfiedIn,
    FinalPositionIn,
    FollowUpPlanIn,
    NotifyIn,
    ReopenIn,
    RulingIn,
)
from services.complaints.handling.actions import (
    ask_for_handler,
    ask_nobody_to_decide,
    ask_to_handle,
    begin_progress,
    named_in,
    take_over,
)
from services.complaints.handling.schemas import AssignIn
from services.complaints.investigations.actions import ask_for_no_remedy, start_follow_up
from services.complaints.investigations.rules import delivered
from services.complaints.notices.actions import FINAL, FOLLOW_UP_NOTICE, write_notice
from services.complaints.staff.queries import handling_facts
from services.complaints.steps.queries import Matter, settled
from services.complaints.tasks.rules import (
    CONCLUDING,
    CONFIRMING,
    FOLLOWING_UP,
    HEARING,
    HEARING_AGAIN,
    LEAD,
    PLANNING_FOLLOW_UP,
    REACHING,
    TASKS,
)

EXTERNAL_RULING, MAILBOX = "external_ruling", "complaint.mailbox"
"""The ground of a reopening by an authority; the timer of the wait for an answer in the mailbox."""
NEXT = (FOLLOWING_UP, HEARING_AGAIN, CONCLUDING)
"""What may be asked for once a follow-up is planned."""


async def plan_follow_up(matter: Matter, body: FollowUpPlanIn) -> None:
    """Names the caller, who is asked to call; another one takes over what was asked of the one before."""
    work, complaint = matter.work, matter.complaint
    complaint.follow_up_caller_id = body.caller_id
    await end_tasks(work, complaint.id, PLANNING_FOLLOW_UP)
    record = await matter.note("plan_follow_up", ComplaintFollowUpPlanned, data=body.model_dump(mode="json"))
    caller, made_by = to_person(body.caller_id), record.entry_id
    await hand_over(work, complaint.id, FOLLOWING_UP, caller, made_by=made_by)
    for came in delivered(matter.facts.records):
        await hand_over(work, complaint.id, CONFIRMING[came.data["remedy"] - 1], caller, made_by=made_by)
    await settled(matter)  # who is to be called, those of merged complaints too
    await ask_on(matter, made_by)


async def record_follow_up(matter: Matter, body: AttemptIn) -> None:
    """Keeps a try; the first one stops the clock of the follow-up, which has begun by then at the latest.

    Whoever has the next move is asked for it.
    """
    party, at = matter.party(body.party_id), body.at or matter.work.now
    if await start_follow_up(matter, at) or matter.clocks.live(FOLLOW_UP.name) is not None:
        await matter.stop(FOLLOW_UP, at=at)
    data = body.model_dump(mode="json", include={"method", "outcome", "satisfaction", "wants_more", "recording"})
    more = {"outcome": body.outcome, "method": body.method}
    record = await matter.note(
        "record_follow_up", ComplaintFollowedUp, data=data, words={"words": body.words}, party=party, at=at, told=more
    )
    await ask_on(matter, record.entry_id)


async def notify_follow_up(matter: Matter, body: NotifyIn) -> None:
    """Keeps that a party was written to, or has it written to."""
    party = matter.party(body.party_id)
    notice = await write_notice(matter, FOLLOW_UP_NOTICE, body.words or "", to=party, send=body.method == "message")
    data, more = {"method": body.method}, {"method": body.method}
    record = await matter.note(
        "notify_follow_up",
        ComplaintFollowUpNotified,
        data=data,
        party=party,
        at=body.at,
        notice=notice,
        told=more,
    )
    await ask_on(matter, record.entry_id)


async def close(matter: Matter, body: CloseIn) -> None:
    """Closes the complaint; how its follow-up came to its end is kept."""
    facts, complaint = matter.facts, matter.complaint
    ways = [way_of(facts, complaint, party, matter.work.now) or "waived" for party in facts.complaining]
    complaint.satisfaction = satisfaction_of(facts, complaint.round)
    best = "reached" if ways or complaint.satisfaction else "unreachable"  # nobody is left who is not erased
    way = next((one for one in ("waived", "unreachable", "refused_to_talk", "mailbox") if one in ways), best)
    await _end(matter, "satisfied" if way == "reached" and complaint.satisfaction == "satisfied" else way)
    data = {"ways": ways, "missed": sorted(matter.missed(matter.work.now))}
    words = {"lateness_reason": body.lateness_reason, "words": body.words}
    await matter.note("close", ComplaintClosed, data=data, words=words)


async def final_position(matter: Matter, body: FinalPositionIn) -> None:
    """Closes the complaint with the provider's last word; that the complainant is less than satisfied stays."""
    matter.complaint.satisfaction = satisfaction_of(matter.facts, matter.complaint.round)
    await _end(matter, "final_position")
    notice = await write_notice(matter, FINAL, body.words, send=body.method == "message")
    data = {"method": body.method, "missed": sorted(matter.missed(matter.work.now))}
    words = {"lateness_reason": body.lateness_reason}
    await matter.note("final_position", ComplaintFinalPositionTaken, data=data, words=words, notice=notice)


async def dissatisfied(matter: Matter, body: DissatisfiedIn) -> None:
    """Has somebody of a higher level look into it again."""
    await _again(matter, body)
    record = await matter.note("dissatisfied", ComplaintDissatisfied, data=named_in(body), words={"words": body.words})
    await ask_to_handle(matter, record.entry_id)


async def reopen(matter: Matter, body: ReopenIn) -> None:
    """Opens a closed complaint again."""
    matter.complaint.closed_at = matter.complaint.closing_way = None
    await _again(matter, body)
    data = named_in(body) | {"reason": body.reason}
    record = await matter.note(
        "reopen", ComplaintReopened, data=data, words={"words": body.words}, told={"ground": body.reason}
    )
    await ask_to_handle(matter, record.entry_id)


async def reopen_by_ruling(matter: Matter, body: RulingIn) -> None:
    """Opens a closed complaint again because an authority has ruled; whoever handled it last has it until somebody else
    is named. The lead is asked to name somebody where nobody handled it, or they may not handle complaints any more.
    """
    work, complaint = matter.work, matter.complaint
    complaint.closed_at = complaint.closing_way = None
    await _begin_round(matter)
    data = {"reason": EXTERNAL_RULING, CASE: str(body.external_case_id)}
    record = await matter.note("reopen_by_ruling", ComplaintReopened, data=data, told={"ground": EXTERNAL_RULING})
    handler = complaint.handler_id
    known = None if handler is None else await handling_facts(work, handler, await today_of(work))
    if known is not None and known.employed and known.qualified and known.appointed:
        await ask_to_handle(matter, record.entry_id)
    else:
        ask_for_handler(matter, record.entry_id)


async def ask_on(matter: Matter, made_by: UUID) -> None:
    """Asks for what comes next: the caller for who is not followed up yet, the lead for who wants more or for the end.

    Where only the mailbox is waited for, the caller is asked for when the days are over, and the clock looks then.
    """
    work, complaint, facts = matter.work, matter.complaint, matter.facts
    live, asked = matter.clocks.live(FOLLOW_UP.name), dict[TaskKind, tuple[str, datetime | None]]()
    left = [party for party in facts.complaining if way_of(facts, complaint, party, work.now) is None]
    if left:
        assert complaint.follow_up_caller_id is not None  # whoever planned it has named somebody
        days = [mailbox_until(facts, complaint, one) for one in left if not facts.complaining[one]]
        due_at = None if live is None else live.clock.due_at
        until = max((one for one in days if one is not None), default=due_at)
        if days:
            await _look_again(matter, until)
        if len(days) == len(left):
            due_at = until
            await move_due(work, complaint.id, FOLLOWING_UP, due_at)
        asked[FOLLOWING_UP] = (to_person(complaint.follow_up_caller_id), due_at)
    if dissatisfied_parties(facts, complaint):
        asked[HEARING_AGAIN] = (to_role(LEAD), None)
    asked = asked or {CONCLUDING: (to_role(LEAD), None)}
    for kind in NEXT if left else (*NEXT, REACHING):
        if kind not in asked:
            await end_tasks(work, complaint.id, kind)
    for kind, (given_to, due_at) in asked.items():
        give_task(
            work,
            complaint.id,
            kind,
            given_to,
            made_by=made_by,
            due_at=due_at,
            parameters=task_parameters(complaint),
        )


async def _look_again(matter: Matter, at: datetime | None) -> None:
    """Has the clock look when the mailbox has been waited for, at this instant instead of an earlier one."""
    await clear_timers(matter.work, matter.complaint.id, MAILBOX)
    if at is not None:
        set_timer(matter.work, matter.complaint.id, MAILBOX, "over", at)


async def end_of_mailbox(matter: Matter) -> None:
    """Notes that the mailbox was waited for in vain, and asks for what comes next; nothing while others are left."""
    facts, complaint, now = matter.facts, matter.complaint, matter.work.now
    ways = {way_of(facts, complaint, party, now) for party in facts.complaining}
    if "mailbox" in ways and None not in ways:
        made_by = matter.work.record(complaint, ComplaintMailboxUnanswered(**shared(complaint, matter.clocks)))
        await ask_on(matter, made_by)


async def _again(matter: Matter, body: AssignIn) -> None:
    """Begins another round with somebody else."""
    take_over(matter, body)
    await _begin_round(matter)


async def _begin_round(matter: Matter) -> None:
    """Begins another round: its own clock of the decision, with the limit of the severity or of the promise."""
    work, complaint = matter.work, matter.complaint
    complaint.round += 1
    complaint.follow_up_caller_id = None
    await matter.stop(FOLLOW_UP, CLOSE)
    await ask_for_no_remedy(matter)
    await ask_nobody_to_decide(matter, HEARING)
    for kind in NEXT:
        await end_tasks(work, complaint.id, kind)
    hours = matter.policy.decide.get(complaint.severity or "") or complaint.promised.get("decide")
    limit = None if hours is None else timedelta(hours=hours)
    await restart_clock(work, matter.clocks, Start(DECIDE, limit), work.now)
    await begin_progress(matter)


async def _end(matter: Matter, way: str) -> None:
    work, complaint = matter.work, matter.complaint
    complaint.closed_at, complaint.closing_way = work.now, way
    await matter.stop(FOLLOW_UP, CLOSE)
    for kind in TASKS:
        await end_tasks(work, complaint.id, kind)
    await freeze(matter)
