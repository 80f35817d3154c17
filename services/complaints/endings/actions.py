"""What is done to end a complaint without an investigation."""

from datetime import timedelta
from uuid import UUID

from chassis.tasks.actions import end_tasks
from contracts.handling import (
    ComplaintDiscarded,
    ComplaintMerged,
    ComplaintPartyWithdrawn,
    ComplaintRedirected,
    ComplaintWithdrawn,
)
from services.complaints.complaints.rules import CLOCKS, State
from services.complaints.endings.schemas import DiscardIn, MergeIn, RedirectIn, ResolveIn, WithdrawalIn
from services.complaints.follow_ups.actions import ask_on
from services.complaints.investigations.actions import ask_for_no_remedy, decided, go_on
from services.complaints.notices.actions import DECISION, write_notice
from services.complaints.notices.queries import lately_unreached
from services.complaints.policies.queries import BUILT_IN, NEWEST_POLICY, in_force
from services.complaints.steps.queries import Matter
from services.complaints.tasks.rules import REACHING, TASKS


async def redirect(matter: Matter, body: RedirectIn) -> None:
    """Ends it as no complaint, handed to where it belongs."""
    await _end(matter)
    data = {"reason": body.reason, "destination": body.destination, "told": body.told}
    more = {"ground": body.reason, "destination": body.destination}
    await matter.note("redirect", ComplaintRedirected, data=data, words={"words": body.words}, told=more)


async def discard(matter: Matter, body: DiscardIn) -> None:
    """Ends it as no complaint at all."""
    await _end(matter)
    data, more = {"reason": body.reason, "told": body.told}, {"ground": body.reason}
    await matter.note("discard", ComplaintDiscarded, data=data, words={"words": body.words}, told=more)


async def resolve_at_once(matter: Matter, body: ResolveIn) -> None:
    """Decides a small matter in the contact in which it came; the follow-up is due as after every decision."""
    work, complaint = matter.work, matter.complaint
    newest = await work.read(NEWEST_POLICY)
    complaint.policy_version = in_force(newest).version
    complaint.policy = newest[0].content if newest else dict(BUILT_IN)
    complaint.acknowledged_at = complaint.acknowledged_at or work.now
    complaint.severity, complaint.legal = body.severity, body.legal
    complaint.category = body.category or complaint.category
    complaint.cause, complaint.decision = body.cause, "upheld"
    remedy = {"kind": body.remedy, "due_on": None, "owner_id": None}
    until = work.now + timedelta(days=matter.policy.reopen_days)
    notice = await write_notice(matter, DECISION, body.words, send=False, until=until)
    await decided(
        matter,
        "resolve_at_once",
        data={"method": body.method, "cause": body.cause, "decision": "upheld", "remedies": [remedy]},
        words={"words": body.words, "remedy 1": body.value},
        notice=notice,
    )


async def merge(matter: Matter, body: MergeIn) -> None:
    """Ends it in another complaint, which keeps the follow-up of its parties."""
    await _end(matter)
    matter.complaint.merged_into = body.target_id
    await matter.note("merge", ComplaintMerged, data={"target_id": str(body.target_id)}, words={"words": body.words})


async def withdraw(matter: Matter, body: WithdrawalIn) -> None:
    """Keeps the complainant's own statement; with the last who complains it ends, and stays in the volume.

    For all others it goes on: who has withdrawn is followed up, asked and told of it no more.
    """
    complaint, party = matter.complaint, matter.party(body.party_id)
    for one in matter.under_receipt_of(party):
        one.withdrawn_at = body.at or matter.work.now
    happened = ComplaintWithdrawn if complaint.state == State.WITHDRAWN else ComplaintPartyWithdrawn
    if complaint.state == State.WITHDRAWN:
        await _end(matter)
    elif complaint.state != State.WAITING_COMPLAINANT:
        await go_on(matter, matter.work.now)
    data, more = {"method": body.method}, {"method": body.method}
    words = {"words": body.words}
    record = await matter.note("withdraw", happened, data=data, words=words, party=party, at=body.at, told=more)
    if complaint.state != State.WITHDRAWN:
        await _go_on_for_others(matter, record.entry_id)


async def _go_on_for_others(matter: Matter, made_by: UUID) -> None:
    """Asks for what comes next without who has withdrawn."""
    work, complaint = matter.work, matter.complaint
    if complaint.state == State.FOLLOW_UP_PENDING:
        await ask_on(matter, made_by)
    await work.flush()  # so that whoever has withdrawn just now counts as gone
    if not await lately_unreached(work, complaint.id):
        await end_tasks(work, complaint.id, REACHING)


async def _end(matter: Matter) -> None:
    work, complaint = matter.work, matter.complaint
    complaint.closed_at = work.now
    await matter.stop(*CLOCKS)
    for kind in TASKS:
        await end_tasks(work, complaint.id, kind)
    await ask_for_no_remedy(matter)
