"""What is done to complaints."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.ids import heard, new_code, new_id
from chassis.provider_keys import provider_vault
from chassis.sealing import PersonKey, ProviderVault
from contracts.base import Text
from contracts.complaints import ComplaintAcknowledged, ComplaintReceived
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.channels.queries import channel_at
from services.complaints.channels.rules import OTHER
from services.complaints.complaints.models import Complaint, Contact, Party
from services.complaints.complaints.queries import key_of, parties_of
from services.complaints.complaints.rules import LIFECYCLE, LIVE, PRIORITIES, RECEIPT, Facts, Intake
from services.complaints.complaints.schemas import AcknowledgeIn, PartyIn, PublicReceiveIn, ReceiveIn

UNKNOWN_CHANNEL = Text("There is no channel {code}.", "没有渠道 {code}。")


class Registered(NamedTuple):
    """A complaint just registered, with its parties and the code that only the complainant will have."""

    complaint: Complaint
    parties: list[Party]
    receipt_code: str


class _Promise(NamedTuple):
    code: str
    channel: Channel | None
    version: ChannelVersion | None

    @property
    def anonymous_allowed(self) -> bool:
        """Staff may register what reached the provider without a name in a way that is not published."""
        return self.version is None or self.version.anonymous_allowed

    @property
    def published_for_anonymous(self) -> bool:
        """The public may stay anonymous only where a channel says so."""
        return self.version is not None and self.version.anonymous_allowed


async def receive(work: UnitOfWork, body: ReceiveIn | PublicReceiveIn) -> Registered:
    """Registers a complaint (登记) with what its channel promised at receipt; 409 names all that lacks.

    An unknown channel is 422; an external reference that another complaint has is 409. An anonymous complaint
    that the complainant made here is acknowledged at once: the answer shows the receipt.
    """
    received_at = body.received_at or work.now
    promise = await _promise(work, body.channel, received_at)
    by_public = isinstance(body, PublicReceiveIn)
    facts = Intake(promise.published_for_anonymous if by_public else promise.anonymous_allowed)
    state = LIFECYCLE.begin("receive", facts, body=body, actor=work.actor, now=work.now)
    vault = await provider_vault(work)
    complaint_id = new_id()
    parties, keys = seal_parties(work, vault, complaint_id, _in_order(body.parties))
    receipt_code = new_code()
    complaint = _complaint(work, vault, complaint_id, body, promise, keys[0], receipt_code)
    complaint.state, complaint.received_at = state, received_at
    work.add(complaint, *parties)
    work.record(complaint, ComplaintReceived(**shared(complaint)))
    if body.anonymous and by_public:
        _acknowledge(work, vault, complaint, parties, AcknowledgeIn(method=RECEIPT))
    return Registered(complaint, parties, receipt_code)


async def acknowledge(work: UnitOfWork, complaint_id: UUID, body: AcknowledgeIn, expected: int | None) -> Complaint:
    """Records the contact that told the complainant of the receipt (告知); 409 names all that lacks."""
    complaint = await work.load(Complaint, complaint_id, expected)
    parties = await parties_of(work, complaint_id)
    _acknowledge(work, await provider_vault(work), complaint, parties, body)
    return complaint


def facts_of(complaint: Complaint) -> Facts:
    """What the guards know of a complaint beside its row."""
    return Facts(limits_promised=bool(complaint.promised))


def shared(complaint: Complaint) -> dict[str, Any]:
    """The whole shared state of a complaint, as every event of it carries it."""
    names = (
        "receipt_number", "state", "channel", "channel_id", "channel_version", "received_at", "registered_at",
        "acknowledged_at", "anonymous", "category", "urgency", "impact", "priority", "concerns", "customer_id",
        "external_reference", "origin", "decided_at", "closed_at", "imported_by_job",
    )  # fmt: skip
    return {"complaint_id": complaint.id, **{name: getattr(complaint, name) for name in names}}


async def _promise(work: UnitOfWork, code: str, received_at: datetime) -> _Promise:
    """The channel and the version that held at receipt; where none did, the built-in channel."""
    if code == OTHER:
        return _Promise(OTHER, None, None)
    found = await channel_at(work, code, received_at)
    if found is None:
        raise invalid("/channel", "unknown_channel", UNKNOWN_CHANNEL.filled(code=code))
    channel, version = found
    return _Promise(code, channel, version) if version is not None else _Promise(OTHER, None, None)


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
        receipt_number=f"{work.now:%y}-{new_code()}",
        receipt_code_hash=code_hash(vault, receipt_code),
        channel=promise.code,
        channel_id=promise.channel.id if promise.channel else None,
        channel_version=promise.version.number if promise.version else None,
        promised=promise.version.limits if promise.version else {},
        registered_at=work.now,
        registered_by=work.actor.name,
        acknowledged_at=None,
        origin="intake",
        anonymous=body.anonymous,
        language=body.language,
        category=body.category,
        urgency=own.urgency,
        impact=own.impact,
        priority=own.priority or PRIORITIES[own.impact, own.urgency],
        concerns=sorted(set(body.concerns)),
        customer_id=own.customer_id,
        external_system=external.system if external else None,
        external_id=external.id if external else None,
        title_sealed=key.seal(body.title, "title"),
        words_sealed=key.seal(body.words or "", "words"),
    )


def code_hash(vault: ProviderVault, receipt_code: str) -> bytes:
    """The keyed hash of a receipt code as it was heard."""
    return vault.keyed_hash(heard(receipt_code), "receipt code")


def _in_order(given: Sequence[PartyIn]) -> list[PartyIn]:
    """Complainants, who speaks for them, whom it is about; one whom nobody knows where nobody complains by name."""
    complaining = sorted((one for one in given if one.role != "subject"), key=lambda one: one.role)
    return [*(complaining or [PartyIn()]), *(one for one in given if one.role == "subject")]


def _reached(parties: Sequence[Party]) -> Party:
    """The party that is contacted: the first who complains with a way to reach them; never whom it is about."""
    ways = ("telephone_sealed", "email_sealed", "address_sealed")
    complaining = (one for one in parties if one.role != "subject")
    return next((one for one in complaining if any(getattr(one, way) for way in ways)), parties[0])


def seal_parties(
    work: UnitOfWork, vault: ProviderVault, complaint_id: UUID, given: Iterable[PartyIn]
) -> tuple[list[Party], list[PersonKey]]:
    """The parties of a new complaint in their order, sealed, with the key of each."""
    parties, keys = [], []
    for place, one in enumerate(given):
        party_id = new_id()
        key = vault.new_person(party_id)
        parties.append(
            Party(
                provider_id=work.provider_id,
                id=party_id,
                complaint_id=complaint_id,
                place=place,
                role=one.role,
                wrapped_key=key.wrapped,
                name_sealed=key.seal(one.name, "name"),
                telephone_sealed=key.seal(one.telephone, "telephone"),
                email_sealed=key.seal(one.email, "email"),
                address_sealed=key.seal(one.address, "address"),
                telephone_hash=_hash(vault, "".join(filter(str.isdigit, one.telephone or ""))),
                email_hash=_hash(vault, (one.email or "").lower()),
            )
        )
        keys.append(key)
    return parties, keys


def _hash(vault: ProviderVault, plain: str) -> bytes | None:
    return vault.keyed_hash(plain, "contact") if plain else None


def _acknowledge(
    work: UnitOfWork, vault: ProviderVault, complaint: Complaint, parties: Sequence[Party], body: AcknowledgeIn
) -> None:
    LIFECYCLE.advance(complaint, "acknowledge", facts_of(complaint), body=body, actor=work.actor, now=work.now)
    told = _reached(parties)
    contact = Contact(
        provider_id=work.provider_id,
        id=new_id(),
        complaint_id=complaint.id,
        party_id=told.id,
        method=body.method,
        at=body.at or work.now,
        made_by=work.actor.name,
        template=body.template,
        told=_told(complaint, body),
        quoted=_quoted(complaint),
        words_sealed=_seal_words(vault, told, body.words),
    )
    complaint.acknowledged_at = contact.at
    happened = ComplaintAcknowledged(**shared(complaint), contact_id=contact.id, method=contact.method)
    contact.entry_id = work.record(complaint, happened)
    work.add(contact)


def _told(complaint: Complaint, body: AcknowledgeIn) -> list[str]:
    """What was told: all there is in writing and by a receipt, in a live contact what the caller says."""
    written = body.method not in LIVE
    limits = bool(complaint.promised) and (written or body.told_limits)
    number = written or body.told_receipt_number
    return [what for what, told in (("limits", limits), ("receipt_number", number)) if told]


def _quoted(complaint: Complaint) -> dict[str, Any]:
    return {"channel": complaint.channel, "channel_version": complaint.channel_version, "limits": complaint.promised}


def _seal_words(vault: ProviderVault, party: Party, words: str | None) -> bytes | None:
    key = key_of(vault, party)
    return key.seal(words, "contact words") if key else None
