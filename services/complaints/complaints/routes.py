"""Complaints over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header, Path, Query, Request, Response
from pydantic import Json

from chassis.access import IfMatch, ProviderName, open_to_all, permitted
from chassis.actors import PUBLIC
from chassis.attachments.queries import receipt_out
from chassis.attachments.routes import attachment_routes, uploading_by
from chassis.attachments.schemas import AttachmentReceiptOut
from chassis.attachments.uploads import SentFile, Upload, uploading
from chassis.attempts import count_attempt, forget_attempts
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.ids import heard
from chassis.language import Language
from chassis.paging import ListQuery, Page
from chassis.runtime import runtime_of
from chassis.schemas import tag
from services.complaints.complaints import actions, queries
from services.complaints.complaints.actions import Registered
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import NEXT_STEPS, State
from services.complaints.complaints.schemas import (
    AcknowledgeIn,
    ComplaintItem,
    ComplaintOut,
    ComplaintQuery,
    PublicReceiveIn,
    ReceiptOut,
    ReceivedOut,
    ReceiveIn,
    TimelineEntry,
)
from services.complaints.contacts import actions as contacts_taken
from services.complaints.steps.queries import Matter, complaint_out, matter, settled, shown

RECEIVE = "complaints.complaint.receive"
router = APIRouter(prefix="/v1", tags=["complaints"], route_class=IdempotentRoute)

attachments = attachment_routes(actions.ATTACHABLE, add="complaints.attachment.add", read="complaints.attachment.read")

ReceiptCode = Annotated[str, Header(max_length=40, description="The secret code of the receipt.")]
Receipt = Annotated[str, Path(max_length=40, description="The receipt number.", examples=["26-7K3F9Q2M4X"])]


async def count_try(request: Request, provider: ProviderName, receipt: Receipt, receipt_code: ReceiptCode) -> str:
    """Counts a try at a receipt before anything is read, and names what was tried; raises 429 after five in an hour."""
    runtime = runtime_of(request)
    tried = f"{(await runtime.providers.get(provider)).provider_id} receipt {heard(receipt)}"
    await count_attempt(runtime.database, tried)
    return tried


async def received_by_receipt(
    request: Request,
    provider: ProviderName,
    tried: Annotated[str, Depends(count_try)],
    receipt: Receipt,
    receipt_code: ReceiptCode,
    file: SentFile,
) -> AsyncIterator[Upload]:
    """A file from whoever holds the receipt of a complaint; the code is tried before anything is looked into."""
    runtime = runtime_of(request)
    found = await runtime.providers.get(provider)

    async def admit(work: UnitOfWork) -> None:
        await queries.complaint_held(work, receipt, receipt_code)
        await forget_attempts(work, tried)

    async with uploading(runtime, found.provider_id, PUBLIC, file, admit) as upload:
        yield upload


@router.post("/complaints", status_code=201)
async def receive_complaint(
    body: ReceiveIn,
    work: Annotated[UnitOfWork, permitted(RECEIVE)],
    response: Response,
    language: Language,
) -> ReceivedOut:
    """Registers a complaint that reached the provider, whatever way it came (登记)."""
    return await _received(work, await actions.receive(work, body), response, language)


async def recording_received(request: Request, file: SentFile) -> AsyncIterator[Upload]:
    """The recording of a voice message from one who may register what it is about."""

    async def admit(work: UnitOfWork) -> None:
        """There is no record yet that it could be kept from."""

    async with uploading_by(request, RECEIVE, file, admit) as upload:
        yield upload


@router.post("/complaints/recorded", status_code=201)
async def receive_recorded_complaint(
    complaint: Annotated[Json[ReceiveIn], Form(description="As registered otherwise, as JSON; it may lack words.")],
    recording: Annotated[Upload, Depends(recording_received, scope="function")],
    work: Annotated[UnitOfWork, permitted(RECEIVE)],
    response: Response,
    language: Language,
) -> ReceivedOut:
    """Registers a complaint with the recording of a voice message, which may say alone what it is about (语音登记)."""
    return await _received(work, await actions.receive(work, complaint, recording), response, language)


@router.get("/complaints")
async def list_complaints(
    asked: Annotated[ComplaintQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.complaint.read")]
) -> Page[ComplaintItem]:
    """The provider's complaints, without personal data."""
    rows = await queries.list_complaints(work, asked)
    return Page(items=[_item(complaint) for complaint in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/complaints/{complaint_id}")
async def read_complaint(
    complaint_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.complaint.read")],
    response: Response,
    language: Language,
) -> ComplaintOut:
    """A complaint with its parties and words."""
    one = await matter(work, complaint_id)
    tag(response, one.complaint.version)
    return await complaint_out(one, language)


@router.post("/complaints/{complaint_id}/acknowledge")
async def acknowledge_complaint(
    complaint_id: UUID,
    body: AcknowledgeIn,
    work: Annotated[UnitOfWork, permitted("complaints.complaint.acknowledge")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ComplaintOut:
    """Records the contact in which the complainant was told that the complaint arrived (告知)."""
    complaint, parties, clocks = await contacts_taken.acknowledge(work, complaint_id, body, expected)
    tag(response, complaint.version)
    return await complaint_out(await settled(Matter(work, complaint, parties, clocks, [])), language)


@router.get("/complaints/{complaint_id}/timeline")
async def read_timeline(
    complaint_id: UUID,
    asked: Annotated[ListQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.complaint.read")],
) -> Page[TimelineEntry]:
    """All that happened to a complaint, oldest first, with the contacts behind it."""
    told = await queries.timeline(work, complaint_id, asked)
    return Page(items=queries.entries_out(told), next=told.rows.next, as_of=told.rows.as_of)


@router.post("/public/{provider}/complaints", status_code=201)
async def make_complaint(
    provider: ProviderName,
    body: PublicReceiveIn,
    work: Annotated[UnitOfWork, open_to_all()],
    response: Response,
    language: Language,
) -> ReceiptOut:
    """Makes a complaint, by anyone; the answer shows the receipt: keep its number and code (投诉)."""
    complaint, _, clocks, code = await actions.receive(work, body)
    response.headers["Location"] = f"/v1/public/{provider}/complaints/{complaint.receipt_number}"
    state = State(complaint.state)
    return ReceiptOut(
        receipt_number=complaint.receipt_number,
        receipt_code=code,
        state=complaint.state,
        received_at=complaint.received_at,
        channel=complaint.channel,
        channel_version=complaint.channel_version,
        promised=complaint.promised,
        privacy_notice=complaint.privacy_notice,
        promised_due=queries.promised_due(clocks),
        next_step=NEXT_STEPS[state].in_language(language),
    )


@router.post("/public/{provider}/complaints/{receipt}/attachments", status_code=201, operation_id="send_evidence")
async def send_evidence(
    receipt: Receipt,
    receipt_code: ReceiptCode,
    upload: Annotated[Upload, Depends(received_by_receipt, scope="function")],
    work: Annotated[UnitOfWork, open_to_all()],
) -> AttachmentReceiptOut:
    """Adds a file to a complaint, by whoever holds its receipt: five at most; five wrong codes an hour."""
    attachment = await actions.attach_by_receipt(work, receipt, receipt_code, upload)
    return receipt_out(attachment, upload.name)


async def _received(work: UnitOfWork, registered: Registered, response: Response, language: str) -> ReceivedOut:
    complaint, parties, clocks, code = registered
    tag(response, complaint.version, f"/v1/complaints/{complaint.id}")
    whole = await shown(await settled(Matter(work, complaint, parties, clocks, [])), language)
    return ReceivedOut.model_validate({**whole, "receipt_code": code})


def _item(complaint: Complaint) -> ComplaintItem:
    return ComplaintItem.model_validate(queries.columns_of(complaint))
