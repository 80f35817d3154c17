"""A receipt's mailbox over HTTP, without a login."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from chassis.access import ProviderName, open_to_all
from chassis.actors import PUBLIC
from chassis.attempts import forget_attempts
from chassis.db import UnitOfWork
from chassis.errors import REFUSED, Objection, Problem
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.runtime import runtime_of
from chassis.schemas import In
from chassis.trace import present_trace
from contracts.base import Text
from services.complaints.complaints import queries
from services.complaints.complaints.routes import Receipt, ReceiptCode, count_try
from services.complaints.complaints.rules import STATES, State
from services.complaints.complaints.schemas import TrackingOut
from services.complaints.endings.rules import WITHDRAWN
from services.complaints.endings.schemas import WithdrawalIn
from services.complaints.follow_ups.schemas import AttemptIn
from services.complaints.investigations.schemas import AnswerIn
from services.complaints.mailbox.queries import Mailbox, mailbox_of, notices
from services.complaints.mailbox.schemas import (
    PublicAnswerIn,
    PublicFollowUpIn,
    PublicObjectionIn,
    PublicWithdrawalIn,
)
from services.complaints.objections.rules import objection_until
from services.complaints.objections.schemas import ObjectIn
from services.complaints.steps.actions import take

MOST_SAID = 5
"""So often whoever holds a receipt says in a round whether they are satisfied."""
SAID = Text(
    "You have told us five times whether you are satisfied; we have kept what you said.",
    "您已五次告知满意情况，我们均已记录。",
)
NOT_ASKED = Text("Nothing is asked of you at present.", "目前没有需要您答复的问题。")

router = APIRouter(prefix="/v1", tags=["complaints"], route_class=IdempotentRoute)


async def complaint_of_receipt(
    request: Request,
    provider: ProviderName,
    tried: Annotated[str, Depends(count_try)],
    receipt: Receipt,
    receipt_code: ReceiptCode,
) -> UUID:
    """The complaint of whoever holds a receipt; 404 without the right code, whose tries are forgotten with it.

    They are forgotten in a transaction of its own: what the caller asks for then may be refused.
    """
    runtime = runtime_of(request)
    found = await runtime.providers.get(provider)
    correlation = present_trace().correlation
    async with runtime.database.work(found.provider_id, actor=PUBLIC, correlation=correlation) as work:
        complaint = await queries.complaint_held(work, receipt, receipt_code)
        await forget_attempts(work, tried)
        return complaint.id


OfReceipt = Annotated[UUID, Depends(complaint_of_receipt)]


@router.get("/public/{provider}/complaints/{receipt}")
async def track_complaint(
    complaint_id: OfReceipt,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """What has become of a complaint, for whoever holds its receipt; five wrong codes an hour (凭受理编号查询)."""
    return await _tracking(await mailbox_of(work, complaint_id), language)


@router.post("/public/{provider}/complaints/{receipt}/answer")
async def answer_by_receipt(
    complaint_id: OfReceipt,
    body: PublicAnswerIn,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """Answers our question, for whoever holds the receipt; five wrong codes an hour (补充材料)."""
    box = await mailbox_of(work, complaint_id)
    if box.awaits != "answer" and box.heard.complaint.state == State.WAITING_COMPLAINANT:
        raise Problem(REFUSED, objections=[Objection("not_asked", NOT_ASKED, "8.2-11")])
    return await _taken(box, "answer", AnswerIn(words=body.words), language)


@router.post("/public/{provider}/complaints/{receipt}/follow-up")
async def follow_up_by_receipt(
    complaint_id: OfReceipt,
    body: PublicFollowUpIn,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """Says whether the complainant is satisfied, for whoever holds the receipt; five wrong codes an hour (回访)."""
    box = await mailbox_of(work, complaint_id)
    if box.said >= MOST_SAID and box.heard.complaint.state == State.FOLLOW_UP_PENDING:
        raise Problem(REFUSED, objections=[Objection("said_enough", SAID, "8.2-4")])
    told = AttemptIn(party_id=box.party_id, method="message", outcome="reached", **body.model_dump())
    return await _taken(box, "record_follow_up", told, language)


@router.post("/public/{provider}/complaints/{receipt}/objection")
async def object_by_receipt(
    complaint_id: OfReceipt,
    body: PublicObjectionIn,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """Objects to a refusal or an outcome, for whoever holds the receipt; five wrong codes an hour (提出异议)."""
    box = await mailbox_of(work, complaint_id)
    return await _taken(box, "object", ObjectIn(party_id=box.party_id, method="receipt", words=body.words), language)


@router.post("/public/{provider}/complaints/{receipt}/withdrawal")
async def withdraw_by_receipt(
    complaint_id: OfReceipt,
    body: PublicWithdrawalIn,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """Withdraws a complaint, for whoever holds its receipt; five wrong codes an hour (撤诉).

    One that others are handled with goes on for them.
    """
    box = await mailbox_of(work, complaint_id)
    statement = WithdrawalIn.model_construct(party_id=box.party_id, method="receipt", at=None, words=body.words or "")
    return await _taken(box, "withdraw", statement, language)


async def _taken(box: Mailbox, step: str, body: In, language: str) -> TrackingOut:
    """Takes a step where the complaint is handled, and shows what has become of it; 409 once it was withdrawn."""
    if box.withdrawn:
        raise Problem(REFUSED, objections=[Objection("withdrawn_before", WITHDRAWN, "8.2-11")])
    after = await take(box.own.work, box.heard.complaint.id, step, body)
    return await _tracking(Mailbox([*box.chain[:-1], after]), language)


async def _tracking(box: Mailbox, language: str) -> TrackingOut:
    one, complaint, state = box.own, box.own.complaint, box.state
    return TrackingOut(
        receipt_number=complaint.receipt_number,
        state=state.value,
        state_title=STATES[state].in_language(language),
        received_at=complaint.received_at,
        acknowledged_at=complaint.acknowledged_at,
        promised=complaint.promised,
        promised_due=queries.promised_due(one.clocks),
        next_step=box.next_step.in_language(language),
        mailbox=await notices(box),
        awaits=box.awaits,
        objection_until=None if box.withdrawn else objection_until(box.heard.complaint, box.heard.facts),
    )
