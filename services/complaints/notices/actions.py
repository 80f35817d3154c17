"""What complainants are sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.messages.actions import About, Addressee, queue_message
from chassis.messages.kinds import Kind
from chassis.messages.mail import envelope_address
from chassis.messages.models import Message
from chassis.messages.templates import template
from chassis.provider_keys import provider_vault
from chassis.providers import provider_of
from chassis.sealing import ProviderVault
from contracts.base import Text
from contracts.complaints import MESSAGE_EVENTS
from services.complaints.complaints.models import Complaint, Party
from services.complaints.complaints.queries import key_of

if TYPE_CHECKING:
    from services.complaints.steps.queries import Matter


def _kind(code: str) -> Kind:
    return Kind(code, Path(__file__).parents[1] / "messages", in_working_hours=True, events=MESSAGE_EVENTS)


ACKNOWLEDGEMENT = _kind("acknowledgement")
REFUSAL, QUESTION, PROGRESS_NOTICE = _kind("refusal"), _kind("question"), _kind("progress")
DECISION, FOLLOW_UP_NOTICE, FINAL = _kind("decision"), _kind("follow_up"), _kind("final_position")
LATER = (REFUSAL, QUESTION, PROGRESS_NOTICE, DECISION, FOLLOW_UP_NOTICE, FINAL)
"""What is written after the acknowledgement; it lies in the mailbox of the receipt too."""
COMPLAINT = "complaint"
CLOCKS = {
    "acknowledge": Text("We confirm that it has arrived", "告知收悉"),
    "decide": Text("We answer your complaint", "办结并答复"),
}


class Promise(NamedTuple):
    """One limit as a notice quotes it: what, within how many working hours from receipt, until when if known."""

    title: str
    working_hours: int
    due_at: datetime | None


async def queue_acknowledgement(
    work: UnitOfWork,
    vault: ProviderVault,
    complaint: Complaint,
    parties: Sequence[Party],
    due: Mapping[str, datetime],
) -> Message | None:
    """Queues the acknowledgement to the first who complains with an e-mail address; None where nobody has one.

    It quotes the receipt number and the promise. The receipt code is never in it, and no word that the complainant
    wrote: whoever complains in another's name can have nothing of their own sent to them.
    """
    to = _addressee(vault, parties)
    if to is None:
        return None
    provider = await provider_of(work)
    words = template(ACKNOWLEDGEMENT.folder, ACKNOWLEDGEMENT.code, complaint.language).render(
        provider=provider.name,
        time_zone=provider.time_zone,
        receipt_number=complaint.receipt_number,
        received_at=complaint.received_at,
        channel=complaint.channel,
        channel_version=complaint.channel_version,
        promises=promises(complaint.promised, complaint.language, due),
    )
    about = About(COMPLAINT, complaint.id)
    return await queue_message(work, ACKNOWLEDGEMENT, about, to, words, complaint.language)


async def leave_notice(
    matter: "Matter", kind: Kind, words: str, *, to: Party | None = None, more: Mapping[str, int] | None = None
) -> UUID | None:
    """Queues a notice to a party, else to the first who complains and has an e-mail address; returns the message's id.

    None where nobody has one: then it only lies in the mailbox of the receipt, as what the step leaves on record.
    """
    work, complaint = matter.work, matter.complaint
    addressee = _addressee(await provider_vault(work), matter.complaining if to is None else [to])
    if addressee is None:
        return None
    provider = await provider_of(work)
    rendered = template(kind.folder, kind.code, complaint.language).render(
        provider=provider.name,
        time_zone=provider.time_zone,
        receipt_number=complaint.receipt_number,
        words=words,
        external_routes=list(matter.policy.external_routes),
        told=more,
    )
    message = await queue_message(work, kind, About(COMPLAINT, complaint.id), addressee, rendered, complaint.language)
    return message.id


def promises(limits: Mapping[str, int], language: str, due: Mapping[str, datetime]) -> list[Promise]:
    """The promised limits (working hours by clock) as a notice quotes them, with the due times that are known."""
    return [
        Promise(title.in_language(language), limits[clock], due.get(clock))
        for clock, title in CLOCKS.items()
        if clock in limits
    ]


def _addressee(vault: ProviderVault, parties: Sequence[Party]) -> Addressee | None:
    for party in parties:
        key = key_of(vault, party)
        if key is None or party.role == "subject":
            continue
        address = envelope_address(key.open(party.email_sealed, "email") or "")
        if address is not None:
            return Addressee(party.id, key, address)
    return None
