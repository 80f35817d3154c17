"""How a step is taken, on every path: by a request, in bulk, by the clock."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Set
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from chassis.access import need
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.providers import today_of
from chassis.schemas import In
from services.complaints.assessments import actions as assessments
from services.complaints.assessments.rules import stays_about_merged
from services.complaints.assessments.schemas import (
    AppealIn,
    AssessmentIn,
    ReassessmentIn,
    RefuseIn,
    SubjectIn,
    UpholdIn,
)
from services.complaints.complaints.queries import LOCKED, OF_MERGED, PARTIES, subjects_of
from services.complaints.complaints.rules import Named
from services.complaints.endings import actions as endings
from services.complaints.endings.rules import nothing_is_merged_in, speaks_for_who_complains
from services.complaints.endings.schemas import DiscardIn, MergeIn, RedirectIn, ResolveIn, WithdrawalIn
from services.complaints.follow_ups import actions as follow_ups
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
from services.complaints.handling import actions as handling
from services.complaints.handling.schemas import AssignIn, EscalateIn, ExtendIn, InformIn, ReassignIn, StartIn
from services.complaints.investigations import actions as investigations
from services.complaints.investigations.rules import cause_is_known
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
from services.complaints.notices.queries import WITH_MERGED
from services.complaints.objections import actions as objections
from services.complaints.objections.schemas import AnswerObjectionIn, ObjectIn
from services.complaints.policies.queries import causes_of
from services.complaints.staff.queries import handling_facts, in_direct_team, next_level
from services.complaints.steps.queries import Matter, matter_for_step
from services.complaints.steps.rules import LIFECYCLE
from services.complaints.waivers import actions as waivers
from services.complaints.waivers.schemas import LinkIn, ReviewWaiverIn, WaiveIn

HIGHEST = 10
"""So many levels above somebody are looked at."""


MERGED_MATTER = {stays_about_merged, nothing_is_merged_in, speaks_for_who_complains}
"""Guards that ask about the complaints that were merged into one."""


class Taking(NamedTuple):
    """What a step needs, what it does, and what it is for."""

    body: type[In]
    act: Callable[[Matter, Any], Awaitable[None]]


class About(NamedTuple):
    """Whom a complaint is about, or comes to be: members of staff, and a team or department."""

    accounts: Set[UUID]
    unit: UUID | None


TAKINGS: Mapping[str, Taking] = {
    "redirect": Taking(RedirectIn, endings.redirect),
    "discard": Taking(DiscardIn, endings.discard),
    "resolve_at_once": Taking(ResolveIn, endings.resolve_at_once),
    "assess": Taking(AssessmentIn, assessments.assess),
    "reassess": Taking(ReassessmentIn, assessments.reassess),
    "refuse": Taking(RefuseIn, assessments.refuse),
    "appeal": Taking(AppealIn, assessments.appeal),
    "uphold_refusal": Taking(UpholdIn, assessments.uphold_refusal),
    "assign": Taking(AssignIn, handling.assign),
    "reassign": Taking(ReassignIn, handling.reassign),
    "start": Taking(StartIn, handling.start),
    "inform": Taking(InformIn, handling.inform),
    "extend": Taking(ExtendIn, handling.extend),
    "escalate": Taking(EscalateIn, handling.escalate),
    "merge": Taking(MergeIn, endings.merge),
    "withdraw": Taking(WithdrawalIn, endings.withdraw),
    "ask": Taking(AskIn, investigations.ask),
    "answer": Taking(AnswerIn, investigations.answer),
    "time_out": Taking(TimeOutIn, investigations.time_out),
    "propose": Taking(ProposeIn, investigations.propose),
    "send_back": Taking(SendBackIn, investigations.send_back),
    "approve": Taking(ApproveIn, investigations.approve),
    "deliver_remedy": Taking(DeliverIn, investigations.deliver_remedy),
    "confirm_remedy": Taking(ConfirmIn, investigations.confirm_remedy),
    "plan_follow_up": Taking(FollowUpPlanIn, follow_ups.plan_follow_up),
    "record_follow_up": Taking(AttemptIn, follow_ups.record_follow_up),
    "notify_follow_up": Taking(NotifyIn, follow_ups.notify_follow_up),
    "close": Taking(CloseIn, follow_ups.close),
    "final_position": Taking(FinalPositionIn, follow_ups.final_position),
    "dissatisfied": Taking(DissatisfiedIn, follow_ups.dissatisfied),
    "reopen": Taking(ReopenIn, follow_ups.reopen),
    "object": Taking(ObjectIn, objections.object_to),
    "answer_objection": Taking(AnswerObjectionIn, objections.answer_objection),
    "reopen_by_ruling": Taking(RulingIn, follow_ups.reopen_by_ruling),
    "admit_by_ruling": Taking(RulingIn, assessments.admit_by_ruling),
    "waive": Taking(WaiveIn, waivers.waive),
    "review_waiver": Taking(ReviewWaiverIn, waivers.review_waiver),
    "link_improvement": Taking(LinkIn, waivers.link_improvement),
}
"""Every step after the acknowledgement."""


async def take(work: UnitOfWork, complaint_id: UUID, step: str, body: In, expected: int | None = None) -> Matter:
    """Takes a step; 409 names all that stands against it, 404 and 412 as for every record."""
    matter = await _advanced(work, complaint_id, step, body, expected)
    await TAKINGS[step].act(matter, body)
    return matter


class Outcome(NamedTuple):
    """What became of one complaint in bulk: as it is after the step, or why it was refused."""

    complaint_id: UUID
    matter: Matter | None
    problem: Problem | None


async def take_for_many(work: UnitOfWork, complaint_ids: Iterable[UUID], step: str, body: In) -> list[Outcome]:
    """Takes a step for each of many complaints, as if each were asked for alone: one that is refused stays as it is.

    They are read in one order, so that two of these wait for each other; where one of them has moved by the end, all
    are done again.
    """
    outcomes = []
    for complaint_id in sorted(set(complaint_ids)):
        try:
            need(work.actor, LIFECYCLE.steps[step].permission)
            matter = await _advanced(work, complaint_id, step, body, None)
        except Problem as refused:
            outcomes.append(Outcome(complaint_id, None, refused))
            continue
        await TAKINGS[step].act(matter, body)
        outcomes.append(Outcome(complaint_id, matter, None))
    return outcomes


async def _advanced(work: UnitOfWork, complaint_id: UUID, step: str, body: In, expected: int | None) -> Matter:
    """A complaint that has gone over into the step's state, or a problem before anything of it has changed."""
    matter = await matter_for_step(work, complaint_id, expected, _files_named(body))
    await _look_around(matter, step, body)
    LIFECYCLE.advance(matter.complaint, step, matter.facts, body=body, actor=work.actor, now=work.now)
    return matter


def _files_named(body: In) -> list[UUID]:
    recording: UUID | None = getattr(body, "recording", None)
    return [*getattr(body, "evidence", ()), *([] if recording is None else [recording])]


async def _look_around(matter: Matter, step: str, body: In) -> None:
    """What the guards ask of whom and of what a step names."""
    named: UUID | None = getattr(body, "handler_id", None) or getattr(body, "caller_id", None)
    if named is not None:
        about = About(matter.subjects, matter.complaint.subject_unit_id)
        people = await _people(matter.work, about, named, getattr(body, "backup_id", None))
        above = await _is_above(matter.work, named, matter.complaint.handler_id)
        matter.more = {**matter.more, **people, "named": replace(people["named"], above_former=above)}
    subject: SubjectIn | None = getattr(body, "subject", None)
    if subject is not None:
        matter.more = {**matter.more, **await _people_then(matter, subject)}
    if any(remedy.due_on for remedy in getattr(body, "remedies", ())):
        matter.more = {**matter.more, "today": await today_of(matter.work)}
    target: UUID | None = getattr(body, "target_id", None)
    if target is not None:
        matter.more = {**matter.more, **await _target(matter.work, target)}
    if cause_is_known in LIFECYCLE.steps[step].guards:
        causes = await causes_of(matter.work, matter.complaint.policy_version)
        matter.more = {**matter.more, "causes": causes}
    party: UUID | None = getattr(body, "party_id", None)
    if party is not None and party not in {one.id for one in (*matter.parties, *matter.merged)}:
        matter.merged = await matter.work.read(OF_MERGED, id=matter.complaint.id)
    if MERGED_MATTER & set(LIFECYCLE.steps[step].guards):
        await matter.work.begun()  # a merge locks its target, whose version it does not count up
    if stays_about_merged in LIFECYCLE.steps[step].guards:
        pairs = await matter.work.read(WITH_MERGED, id=matter.complaint.id)
        theirs = {one for of in dict(pairs).values() for one in (of.subject_account_id, of.subject_unit_id)}
        theirs |= {party.account_id for party, _ in pairs}
        matter.more = {**matter.more, "merged_about": theirs - {party.account_id for party in matter.parties}}
    if nothing_is_merged_in in LIFECYCLE.steps[step].guards:
        matter.merged = await matter.work.read(OF_MERGED, id=matter.complaint.id)
        theirs_too = any(one.withdrawn_at is None for one in matter.merged if one.role != "subject")
        matter.more = {**matter.more, "others_merged": theirs_too}
    if speaks_for_who_complains in LIFECYCLE.steps[step].guards:
        matter.merged = await matter.work.read(OF_MERGED, id=matter.complaint.id)
        leaving = matter.under_receipt_of(matter.party(party))
        matter.more = {**matter.more, "leaving": {one.id for one in leaving}}


async def _target(work: UnitOfWork, complaint_id: UUID) -> dict[str, Any]:
    """The complaint that a step names, locked: its state, and whom it is about."""
    found = await work.read(LOCKED, id=complaint_id)
    if not found:
        return {"target": None}
    about = subjects_of(found[0], await work.read(PARTIES, id=complaint_id)) | {found[0].subject_unit_id}
    return {"target": found[0].state, "target_about": about}


async def _people_then(matter: Matter, subject: SubjectIn) -> dict[str, Named]:
    """Who has it and who steps in for them, beside what a correction makes it about that it was not about before."""
    complaint = matter.complaint
    accounts = {one for one in (subject.account_id,) if one is not None} - matter.subjects
    about = About(accounts, None if subject.unit_id == complaint.subject_unit_id else subject.unit_id)
    if complaint.handler_id is None or not any(about):
        return {}
    return await _people(matter.work, about, complaint.handler_id, complaint.backup_id)


async def _people(work: UnitOfWork, about: About, named: UUID, backup: UUID | None) -> dict[str, Named]:
    """Whom a step names, and who steps in for them if somebody does."""
    day = await today_of(work)
    people = {"named": await _named(work, about, named, day)}
    return people if backup is None else people | {"backup": await _named(work, about, backup, day)}


async def _named(work: UnitOfWork, about: About, account_id: UUID, day: date) -> Named:
    """Somebody whom a step names: what they are and may on a day, and how near to whom the complaint is about."""
    known = await handling_facts(work, account_id, day)
    near = about.unit is not None and about.unit in {known.department_id, known.team_id, *known.headed}
    for subject in about.accounts - {account_id}:
        near = near or await in_direct_team(work, account_id, subject)
    return Named(
        account_id=account_id,
        employed=known.employed,
        qualified=known.qualified,
        appointed=known.appointed,
        absent=known.absent,
        is_subject=account_id in about.accounts,
        in_subjects_team=near,
    )


async def _is_above(work: UnitOfWork, account_id: UUID, former: UUID | None) -> bool:
    """Whether somebody is on a level above another, whoever that reports to in turn."""
    level, seen = former, set[UUID]()
    if level is None:  # settled at once: nobody has handled it
        return True
    while level is not None and level not in seen and len(seen) < HIGHEST:
        seen.add(level)
        level = await next_level(work, level)
        if level == account_id:
            return True
    return False
