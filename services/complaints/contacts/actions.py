"""What is done by contacts with complainants."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.clocks.actions import Start, start_clocks, stop_clock
from chassis.clocks.queries import CLOCKS, Clocks, Measured, clocks_of, measured
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.messages.models import Message
from chassis.provider_keys import provider_vault
from chassis.sealing import ProviderVault
from contracts.complaints import ComplaintAcknowledged
from services.complaints.complaints.models import Complaint, Contact, Party
from services.complaints.complaints.queries import PARTIES, key_of, parties_of, promised_due, shared, subjects_of
from services.complaints.complaints.rules import ACKNOWLEDGE, ASSESS, LIVE, Facts
from services.complaints.complaints.schemas import AcknowledgeIn
from services.complaints.policies.queries import NEWEST_POLICY, in_force
from services.complaints.policies.rules import Policy
from services.complaints.steps.rules import LIFECYCLE


async def acknowledge(
    work: UnitOfWork, complaint_id: UUID, body: AcknowledgeIn, expected: int | None
) -> tuple[Complaint, Sequence[Party], Clocks]:
    """Records the contact that told the complainant of the receipt (告知); 409 names all that lacks.

    Returns the complaint with its parties and its clocks.
    """
    beside = (PARTIES, NEWEST_POLICY, CLOCKS)
    complaint, parties, newest, found = await work.load_with(Complaint, complaint_id, expected, beside)
    clocks = Clocks(complaint_id, await measured(work, found))
    await record_acknowledgement(work, in_force(newest), complaint, parties, clocks, body)
    return complaint, parties, clocks


async def acknowledge_by_message(work: UnitOfWork, complaint: Complaint, message: Message) -> None:
    """Takes the step for a message that was sent (告知), by the system: its template and what it quoted are kept."""
    parties = await parties_of(work, complaint.id)
    told = next(party for party in parties if party.id == message.person_id)
    template = f"{message.template}-{message.template_version}"
    body = AcknowledgeIn.model_construct(method="email", at=message.sent_at, template=template)
    policy = in_force(await work.read(NEWEST_POLICY))
    clocks = await clocks_of(work, complaint.id)
    await record_acknowledgement(work, policy, complaint, [told], clocks, body, message.id)


async def record_acknowledgement(
    work: UnitOfWork,
    policy: Policy,
    complaint: Complaint,
    parties: Sequence[Party],
    clocks: Clocks,
    body: AcknowledgeIn,
    message_id: UUID | None = None,
) -> None:
    """Takes the step (告知): stops its clock, keeps the contact with what was told; 409 names all that lacks.

    Where the desk has a limit for the assessment, its clock starts.
    """
    subjects = subjects_of(complaint, parties)
    facts = Facts(limits_promised=bool(complaint.promised), policy=policy, subjects=subjects)
    LIFECYCLE.advance(complaint, "acknowledge", facts, body=body, actor=work.actor, now=work.now)
    told, at = _reached(parties), body.at or work.now
    await stop_clock(work, clocks, ACKNOWLEDGE, at)
    if policy.assess is not None:
        await start_clocks(work, clocks, [Start(ASSESS, timedelta(hours=policy.assess))], at)
    contact = Contact(
        provider_id=work.provider_id,
        id=new_id(),
        complaint_id=complaint.id,
        party_id=told.id,
        method=body.method,
        at=at,
        made_by=work.actor.name,
        template=body.template,
        message_id=message_id,
        told=_told(complaint, body),
        quoted=_quoted(complaint, clocks),
        words_sealed=_seal_words(await provider_vault(work), told, body.words),
    )
    complaint.acknowledged_at, complaint.acknowledgement_failed = at, False
    happened = ComplaintAcknowledged(**shared(complaint, clocks), contact_id=contact.id, method=contact.method)
    contact.entry_id = work.record(complaint, happened)
    work.add(contact)


def _told(complaint: Complaint, body: AcknowledgeIn) -> list[str]:
    """What was told: all there is in writing and by a receipt, in a live contact what the caller says."""
    written = body.method not in LIVE
    limits = bool(complaint.promised) and (written or body.told_limits)
    number = written or body.told_receipt_number
    return [what for what, told in (("limits", limits), ("receipt_number", number)) if told]


def _quoted(complaint: Complaint, clocks: Sequence[Measured]) -> dict[str, Any]:
    """The promise of receipt: the limits, and the due times that follow from them on a version of the calendar."""
    return {
        "channel": complaint.channel,
        "channel_version": complaint.channel_version,
        "limits": complaint.promised,
        "due": {name: due_at.isoformat() for name, due_at in promised_due(clocks).items()},
        "calendar": clocks[0].clock.calendar_number if clocks else None,
    }


def _seal_words(vault: ProviderVault, party: Party, words: str | None) -> bytes | None:
    key = key_of(vault, party)
    return key.seal(words, "contact words") if key else None


def _reached(parties: Sequence[Party]) -> Party:
    """The party that is contacted: the first who complains with a way to reach them and has not withdrawn."""
    ways = ("telephone_sealed", "email_sealed", "address_sealed")
    complaining = (one for one in parties if one.role != "subject" and one.withdrawn_at is None)
    return next((one for one in complaining if any(getattr(one, way) for way in ways)), parties[0])
