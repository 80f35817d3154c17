"""What is done to complaints."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chassis.attachments.actions import Attachable, attach, attached
from chassis.attachments.models import Attachment
from chassis.attachments.rules import SOUND
from chassis.attachments.uploads import Upload
from chassis.calendars.models import CalendarVersion
from chassis.calendars.queries import dated
from chassis.clocks.actions import Start, start_clocks
from chassis.clocks.queries import Clocks
from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.ids import new_code, new_id
from chassis.provider_keys import provider_vault
from chassis.sealing import PersonKey, ProviderVault
from chassis.tasks.actions import give_task
from chassis.tasks.rules import to_role
from contracts.base import Text
from contracts.complaints import AttachmentOpened, ComplaintAttachmentAdded, ComplaintReceived
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.channels.queries import channel_at
from services.complaints.channels.rules import OTHER
from services.complaints.complaints.models import Complaint, Party
from services.complaints.complaints.queries import (
    COMPLAINT,
    UNKNOWN_COMPLAINT,
    admit,
    code_hash,
    complaint_held,
    shared,
    state_of,
    task_parameters,
)
from services.complaints.complaints.rules import (
    ACKNOWLEDGE,
    BEFORE_ASSESSMENT,
    EVIDENCE,
    MOST_PUBLIC_FILES,
    PRIORITIES,
    PROMISED,
    PURPOSES,
    RECEIPT,
    RECORDING,
    Intake,
)
from services.complaints.complaints.schemas import AcknowledgeIn, PartyIn, PublicReceiveIn, ReceiveIn
from services.complaints.contacts.actions import record_acknowledgement
from services.complaints.notices.actions import queue_acknowledgement
from services.complaints.parties.actions import seal_parties
from services.complaints.policies.queries import NEWEST_POLICY, in_force
from services.complaints.search.actions import ask_for_terms
from services.complaints.steps.rules import LIFECYCLE
from services.complaints.tasks.rules import ACKNOWLEDGING, HANDLER

SOUND_EXPECTED = Text(
    "A recording is sound: MP3, WAV, M4A, OGG or AMR.", "录音须为音频文件：MP3、WAV、M4A、OGG 或 AMR。"
)
UNKNOWN_CHANNEL = Text("There is no channel with this code.", "没有使用该代码的渠道。")


class Registered(NamedTuple):
    """A complaint just registered, with its parties, its clocks and the code that only the complainant will have."""

    complaint: Complaint
    parties: list[Party]
    clocks: Clocks
    receipt_code: str


class _Promise(NamedTuple):
    code: str
    channel: Channel | None
    version: ChannelVersion | None
    newest: Sequence[CalendarVersion] = ()

    @property
    def anonymous_allowed(self) -> bool:
        """Staff may register what reached the provider without a name in a way that is not published."""
        return self.version is None or self.version.anonymous_allowed

    @property
    def published_for_anonymous(self) -> bool:
        """The public may stay anonymous only where a channel says so."""
        return self.version is not None and self.version.anonymous_allowed


async def receive(work: UnitOfWork, body: ReceiveIn | PublicReceiveIn, recording: Upload | None = None) -> Registered:
    """Registers a complaint (登记) with what its channel promised at receipt; 409 names all that lacks.

    A recording says what it is about where no words do, and becomes a file of it; one that is no sound is 422.
    An unknown channel or earlier complaint is 422; an external reference that another complaint has is 409. The clocks
    of what was promised start at receipt. Who has an e-mail address is sent an acknowledgement; an anonymous complaint
    that the complainant made here is acknowledged at once: the answer shows the receipt.
    """
    if recording is not None and recording.type.family != SOUND:
        raise invalid("/file", "sound_expected", SOUND_EXPECTED)
    received_at = body.received_at or work.now
    promise = await _promise(work, body.channel, received_at)
    by_public = isinstance(body, PublicReceiveIn)
    allowed = promise.published_for_anonymous if by_public else promise.anonymous_allowed
    facts = Intake(allowed, recorded=recording is not None)
    await _takes_up_what_is_here(work, body)
    state = LIFECYCLE.begin("receive", facts, body=body, actor=work.actor, now=work.now)
    vault = await provider_vault(work)
    complaint_id = new_id()
    parties, keys = seal_parties(work, vault, complaint_id, _in_order(body.parties))
    receipt_code = new_code()
    complaint = _complaint(work, vault, complaint_id, body, promise, keys[0], receipt_code)
    complaint.state, complaint.received_at = state, received_at
    work.add(complaint, *parties)
    clocks = await _give_out(work, complaint, promise)
    if recording is not None:
        await attach(work, ATTACHABLE, complaint, recording, purpose=RECORDING)
    await queue_acknowledgement(work, vault, complaint, parties, clocks)
    if body.anonymous and by_public:
        policy = in_force(await work.read(NEWEST_POLICY))
        await record_acknowledgement(work, policy, complaint, parties, clocks, AcknowledgeIn(method=RECEIPT))
    ask_for_terms(work, complaint_id)
    return Registered(complaint, parties, clocks, receipt_code)


async def attach_by_receipt(work: UnitOfWork, receipt: str, receipt_code: str, upload: Upload) -> Attachment:
    """Adds a file that the complainant sends as evidence; 404 without the right code, 409 beyond five of them."""
    held = await complaint_held(work, receipt, receipt_code)
    complaint = await work.load(Complaint, held.id)
    return await attach(work, ATTACHABLE, complaint, upload, purpose=EVIDENCE, most=MOST_PUBLIC_FILES, of_actor=True)


async def _give_out(work: UnitOfWork, complaint: Complaint, promise: _Promise) -> Clocks:
    """Starts the clocks, each with what its channel promised, tells the others, and asks for the acknowledgement."""
    hours = complaint.promised
    starts = [Start(rule, timedelta(hours=hours[rule.name])) for rule in PROMISED if rule.name in hours]
    present = await dated(work, promise.newest) if starts else None
    clocks = Clocks(complaint.id)
    await start_clocks(work, clocks, starts, complaint.received_at, present)
    made_by = work.record(complaint, ComplaintReceived(**shared(complaint, clocks)))
    due = (one.clock.due_at for one in clocks if one.clock.name == ACKNOWLEDGE.name)
    give_task(
        work,
        complaint.id,
        ACKNOWLEDGING,
        to_role(HANDLER),
        made_by=made_by,
        due_at=next(due, None),
        parameters=task_parameters(complaint),
    )
    return clocks


async def _takes_up_what_is_here(work: UnitOfWork, body: ReceiveIn | PublicReceiveIn) -> None:
    """Raises a 422 problem where the earlier complaint that is named is not here; asks nothing where none is."""
    follows = body.follows if isinstance(body, ReceiveIn) else None
    if follows is not None and not await work.read(COMPLAINT, id=follows):
        raise invalid("/follows", "unknown_complaint", UNKNOWN_COMPLAINT)


async def _promise(work: UnitOfWork, code: str, received_at: datetime) -> _Promise:
    """The channel and the version that held at receipt; where none did, the built-in channel."""
    if code == OTHER:
        return _Promise(OTHER, None, None)
    found = await channel_at(work, code, received_at)
    if found is None:
        raise invalid("/channel", "unknown_channel", UNKNOWN_CHANNEL)
    return _Promise(code, *found) if found.version is not None else _Promise(OTHER, None, None)


def _complaint(
    work: UnitOfWork,
    vault: ProviderVault,
    complaint_id: UUID,
    body: ReceiveIn | PublicReceiveIn,
    promise: _Promise,
    key: PersonKey,
    receipt_code: str,
) -> Complaint:
    own = body if isinstance(body, ReceiveIn) else ReceiveIn()
    external = own.external_reference
    return Complaint(
        provider_id=work.provider_id,
        id=complaint_id,
        created_at=work.now,
        receipt_number=f"{work.now.year % 100:02}-{new_code()}",
        receipt_code_hash=code_hash(vault, receipt_code),
        channel=promise.code,
        channel_id=promise.channel.id if promise.channel else None,
        channel_version=promise.version.number if promise.version else None,
        promised=promise.version.limits if promise.version else {},
        privacy_notice=promise.version.privacy_notice_version if promise.version else None,
        registered_at=work.now,
        registered_by=work.actor.name,
        acknowledged_at=None,
        acknowledgement_failed=False,
        origin="intake",
        anonymous=body.anonymous,
        language=body.language,
        category=body.category,
        urgency=own.urgency,
        impact=own.impact,
        priority=own.priority or PRIORITIES[own.impact, own.urgency],
        concerns=sorted(set(body.concerns)),
        customer_id=own.customer_id,
        follows=own.follows,
        external_system=external.system if external else None,
        external_id=external.id if external else None,
        title_sealed=key.seal(body.title, "title"),
        words_sealed=key.seal(body.words or "", "words"),
        **BEFORE_ASSESSMENT,
    )


def _in_order(given: Sequence[PartyIn]) -> list[PartyIn]:
    """Complainants, who speaks for them, whom it is about; one whom nobody knows where nobody complains by name."""
    complaining = sorted((one for one in given if one.role != "subject"), key=lambda one: one.role)
    return [*(complaining or [PartyIn()]), *(one for one in given if one.role == "subject")]


async def _attachment_added(work: UnitOfWork, complaint: Complaint, attachment: Attachment) -> ComplaintAttachmentAdded:
    return ComplaintAttachmentAdded(**await state_of(work, complaint), attachment=attached(attachment))


def _attachment_opened(attachment: Attachment) -> AttachmentOpened:
    return AttachmentOpened(complaint_id=attachment.record_id, attachment=attached(attachment))


ATTACHABLE = Attachable(
    collection="complaints",
    noun="complaint",
    kind=Complaint,
    purposes=PURPOSES,
    added=_attachment_added,
    opened=_attachment_opened,
    admit=admit,
)
"""What a complaint says of its files."""
