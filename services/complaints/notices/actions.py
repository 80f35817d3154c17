"""What complainants are sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from chassis.clocks.queries import Clocks
from chassis.db import UnitOfWork
from chassis.ids import new_id
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
from services.complaints.complaints.models import Complaint, NoticeCopy, Party
from services.complaints.complaints.queries import COPY_WORDS, key_of, promised_due
from services.complaints.notices.queries import WITH_MERGED

if TYPE_CHECKING:
    from services.complaints.steps.queries import Matter


def _kind(code: str) -> Kind:
    return Kind(code, Path(__file__).parents[1] / "messages", in_working_hours=True, events=MESSAGE_EVENTS)


ACKNOWLEDGEMENT = _kind("acknowledgement")
REFUSAL, QUESTION, PROGRESS_NOTICE = _kind("refusal"), _kind("question"), _kind("progress")
EXTENSION, DECISION, FOLLOW_UP_NOTICE = _kind("extension"), _kind("decision"), _kind("follow_up")
FINAL, OBJECTION_ANSWER = _kind("final_position"), _kind("objection_answer")
LATER = (REFUSAL, QUESTION, PROGRESS_NOTICE, EXTENSION, DECISION, FOLLOW_UP_NOTICE, FINAL, OBJECTION_ANSWER)
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
    clocks: Clocks,
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
        promises=promises(complaint.promised, complaint.language, promised_due(clocks)),
    )
    about = About(COMPLAINT, complaint.id)
    return await queue_message(work, ACKNOWLEDGEMENT, about, to, words, complaint.language)


class Notice(NamedTuple):
    """A notice as the first whom it is for is told it, with the message that brings it, and copies for the others."""

    text: str
    message_id: UUID | None
    copies: Sequence[NoticeCopy]


async def write_notice(
    matter: "Matter", kind: Kind, words: str, *, to: Party | None = None, send: bool = True, **values: Any
) -> Notice:
    """Renders a notice for a party, else for everybody who complains, and queues it to whoever has an e-mail address.

    Each is told under the receipt of the complaint that they made, in its language. Who has no address, and everybody
    unless `send`, finds it in the mailbox of that receipt. `values` are what its template tells beside `words`.
    """
    work = matter.work
    provider, vault = await provider_of(work), await provider_vault(work)
    told = {"provider": provider.name, "time_zone": provider.time_zone, "words": words, **values}
    told["external_routes"] = list(matter.policy.external_routes)
    written = []
    for party, receipt in await _recipients(matter, to):
        rendered = template(kind.folder, kind.code, receipt.language).render(
            receipt_number=receipt.receipt_number, **told
        )
        addressee = _addressee(vault, [party]) if send else None
        message = None
        if addressee is not None:
            about = About(COMPLAINT, matter.complaint.id)
            message = await queue_message(work, kind, about, addressee, rendered, receipt.language)
        written.append((party, rendered.text, None if message is None else message.id))
    (_, text, message_id), *others = written
    return Notice(text, message_id, [_copy(vault, *other) for other in others])


async def _recipients(matter: "Matter", to: Party | None) -> list[tuple[Party, Complaint]]:
    """Whom a notice is for, each with the complaint that they made: one party, or all who complain.

    Nobody is told who was erased or has withdrawn. The first of all is the one whose key seals the record of the step.
    """
    if to is not None and to in matter.parties:
        return [(to, matter.complaint)]
    await matter.work.begun()  # a merge locks its target, whose version it does not count up
    merged = await matter.work.read(WITH_MERGED, id=matter.complaint.id)
    matter.merged = [party for party, _ in merged]
    if to is not None:
        return [pair for pair in merged if pair[0].id == to.id]
    own = [(party, matter.complaint) for party in matter.parties]
    pairs, complaining, first = [*own, *merged], matter.complaining, matter.first
    others = [pair for pair in pairs if pair[0] in complaining and pair[0] is not first]
    return [*(pair for pair in pairs if pair[0] is first), *others]


def _copy(vault: ProviderVault, party: Party, text: str, message_id: UUID | None) -> NoticeCopy:
    key = key_of(vault, party)
    assert key is not None  # nobody who is erased is told anything
    return NoticeCopy(
        provider_id=party.provider_id,
        id=new_id(),
        party_id=party.id,
        message_id=message_id,
        text_sealed=key.seal(text, COPY_WORDS),
    )


def promises(limits: Mapping[str, int], language: str, due: Mapping[str, datetime]) -> list[Promise]:
    """The promised limits (working hours by clock) as a notice quotes them, with the due times that are known."""
    return [
        Promise(title.in_language(language), limits[clock], due.get(clock))
        for clock, title in CLOCKS.items()
        if clock in limits
    ]


def _addressee(vault: ProviderVault, parties: Sequence[Party]) -> Addressee | None:
    for party in parties:
        key = None if party.email_sealed is None else key_of(vault, party)
        if key is None or party.role == "subject" or party.withdrawn_at is not None:
            continue
        address = envelope_address(key.open(party.email_sealed, "email") or "")
        if address is not None:
            return Addressee(party.id, key, address)
    return None
