"""A receipt's mailbox over HTTP, without a login."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from chassis.access import ProviderName, open_to_all
from chassis.actors import PUBLIC
from chassis.attempts import forget_attempts
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.runtime import runtime_of
from chassis.trace import present_trace
from services.complaints.complaints import queries
from services.complaints.complaints.routes import Receipt, ReceiptCode, count_try
from services.complaints.complaints.rules import NEXT_STEPS, STATES, State
from services.complaints.complaints.schemas import TrackingOut
from services.complaints.follow_ups.schemas import AttemptIn
from services.complaints.investigations.schemas import AnswerIn
from services.complaints.mailbox.queries import AWAITED, mailbox
from services.complaints.mailbox.schemas import PublicAnswerIn, PublicFollowUpIn
from services.complaints.steps.actions import take
from services.complaints.steps.queries import Matter, matter

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
    return await _tracking(await matter(work, complaint_id), language)


@router.post("/public/{provider}/complaints/{receipt}/answer")
async def answer_by_receipt(
    complaint_id: OfReceipt,
    body: PublicAnswerIn,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """Answers our question, for whoever holds the receipt; five wrong codes an hour (补充材料)."""
    return await _tracking(await take(work, complaint_id, "answer", AnswerIn(words=body.words)), language)


@router.post("/public/{provider}/complaints/{receipt}/follow-up")
async def follow_up_by_receipt(
    complaint_id: OfReceipt,
    body: PublicFollowUpIn,
    work: Annotated[UnitOfWork, open_to_all()],
    language: Language,
) -> TrackingOut:
    """Says whether the complainant is satisfied, for whoever holds the receipt; five wrong codes an hour (回访)."""
    told = AttemptIn(method="message", outcome="reached", **body.model_dump())
    return await _tracking(await take(work, complaint_id, "record_follow_up", told), language)


async def _tracking(one: Matter, language: str) -> TrackingOut:
    complaint, state = one.complaint, State(one.complaint.state)
    return TrackingOut(
        receipt_number=complaint.receipt_number,
        state=complaint.state,
        state_title=STATES[state].in_language(language),
        received_at=complaint.received_at,
        acknowledged_at=complaint.acknowledged_at,
        promised=complaint.promised,
        promised_due=queries.promised_due(one.clocks),
        next_step=NEXT_STEPS[state].in_language(language),
        mailbox=await mailbox(one),
        awaits=AWAITED.get(state),
    )
