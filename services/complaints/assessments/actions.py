"""What is done to assess a complaint, to refuse it, and to hear an appeal."""

from datetime import timedelta
from typing import Any

from chassis.clocks.actions import Start, change_limit, restart_clock, stop_clock
from chassis.tasks.actions import end_tasks
from contracts.handling import (
    ComplaintAssessed,
    ComplaintReassessed,
    ComplaintRefusalOverturned,
    ComplaintRefusalUpheld,
    ComplaintRefused,
    ComplaintReopened,
)
from services.complaints.assessments.rules import assessed_in, set_by_hand
from services.complaints.assessments.schemas import AppealIn, AssessmentIn, ReassessmentIn, RefuseIn, UpholdIn
from services.complaints.complaints.rules import ASSESS, CASE, CLOCKS, DECIDE
from services.complaints.follow_ups.schemas import RulingIn
from services.complaints.handling.actions import ask_nobody_to_decide
from services.complaints.notices.actions import REFUSAL, write_notice
from services.complaints.policies.queries import BUILT_IN, NEWEST_POLICY, in_force
from services.complaints.policies.rules import Policy
from services.complaints.steps.queries import Matter
from services.complaints.tasks.rules import HEARING, TASKS

TAKEN_OVER = (
    "severity",
    "urgency",
    "category",
    "validity",
    "safety",
    "legal",
    "customer_id",
    "service",
    "department_id",
)


async def assess(matter: Matter, body: AssessmentIn) -> None:
    """Keeps the assessment, and freezes the desk's policy with it, which may shorten the limit to decide."""
    work, complaint = matter.work, matter.complaint
    newest = await work.read(NEWEST_POLICY)
    policy = in_force(newest)
    complaint.policy_version, complaint.policy = policy.version, newest[0].content if newest else dict(BUILT_IN)
    await stop_clock(work, matter.clocks, ASSESS, work.now)
    await _take_over(matter, policy, body)
    await matter.note("assess", ComplaintAssessed, data=_kept(body), words={"words": body.words})


async def reassess(matter: Matter, body: ReassessmentIn) -> None:
    """Corrects the assessment; what has run of the clocks and what was paused stays."""
    await _take_over(matter, matter.policy, body)
    data = _kept(body) | {"reason": body.reason}
    await matter.note(
        "reassess", ComplaintReassessed, data=data, words={"words": body.words}, told={"ground": body.reason}
    )


async def refuse(matter: Matter, body: RefuseIn) -> None:
    """Ends it unaccepted: the complainant is told why, and how to appeal."""
    work, complaint = matter.work, matter.complaint
    for rule in CLOCKS:
        await stop_clock(work, matter.clocks, rule, work.now)
    for kind in TASKS:
        await end_tasks(work, complaint.id, kind)
    complaint.closed_at = work.now
    days = matter.policy.appeal_days
    notice = await write_notice(matter, REFUSAL, body.words, until=work.now + timedelta(days=days))
    await matter.note(
        "refuse",
        ComplaintRefused,
        data={"reason": body.reason, "appeal_days": days},
        notice=notice,
        told={"ground": body.reason},
    )


async def appeal(matter: Matter, body: AppealIn) -> None:
    """Accepts it after all; the clock of the decision starts anew."""
    await _admit(matter)
    await matter.note(
        "appeal",
        ComplaintRefusalOverturned,
        data={"method": body.method},
        words={"words": body.words},
        at=body.received_at,
    )


async def admit_by_ruling(matter: Matter, body: RulingIn) -> None:
    """Accepts a refused complaint because an authority has ruled; the clock of the decision starts anew."""
    await _admit(matter)
    data = {CASE: str(body.external_case_id)}
    await matter.note("admit_by_ruling", ComplaintReopened, data=data, told={"ground": "external_ruling"})


async def uphold_refusal(matter: Matter, body: UpholdIn) -> None:
    """Keeps it refused; the complainant is told."""
    notice = await write_notice(matter, REFUSAL, body.words, until=None)
    await ask_nobody_to_decide(matter, HEARING)
    await matter.note(
        "uphold_refusal",
        ComplaintRefusalUpheld,
        data=body.model_dump(mode="json", include={"method", "received_at"}, exclude_none=True),
        notice=notice,
    )


async def _admit(matter: Matter) -> None:
    work, complaint = matter.work, matter.complaint
    complaint.closed_at = None
    await ask_nobody_to_decide(matter, HEARING)
    limit = _limit(matter, matter.policy, None)
    await restart_clock(work, matter.clocks, Start(DECIDE, limit), work.now)


def _kept(body: AssessmentIn) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude={"words", "reason"})


async def _take_over(matter: Matter, policy: Policy, body: AssessmentIn) -> None:
    work, complaint = matter.work, matter.complaint
    for name in TAKEN_OVER:
        setattr(complaint, name, getattr(body, name))
    complaint.subject_kind = body.subject.kind
    complaint.subject_account_id, complaint.subject_unit_id = body.subject.account_id, body.subject.unit_id
    limit, live = _limit(matter, policy, body), matter.clocks.live(DECIDE.name)
    if limit is not None and live is None:
        await restart_clock(work, matter.clocks, Start(DECIDE, limit), complaint.received_at)
    elif limit is not None and live is not None and limit + _extended(matter) != live.limit:
        await change_limit(work, matter.clocks, DECIDE, limit + _extended(matter))


def _extended(matter: Matter) -> timedelta:
    """By how much the limit was extended, which a correction of the assessment leaves as it is."""
    extensions = matter.facts.of("extend", matter.complaint.round)
    return timedelta(hours=sum(one.data["working_hours"] for one in extensions))


def _limit(matter: Matter, policy: Policy, body: AssessmentIn | None) -> timedelta | None:
    """The limit to decide: the shortest of what was promised, of the policy's, and of what was set by hand."""
    complaint = matter.complaint
    severity = complaint.severity if body is None else body.severity
    assessed = assessed_in(matter.facts, complaint.round) + ([] if body is None else [_kept(body)])
    hours = [
        one
        for one in (complaint.promised.get("decide"), policy.decide.get(severity or ""), set_by_hand(assessed, policy))
        if one is not None
    ]
    return timedelta(hours=min(hours)) if hours else None
