"""What is done to messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import clear_timers, set_timer
from chassis.messages.kinds import Kind
from chassis.messages.models import Message
from chassis.messages.queries import opening, vault_key_of
from chassis.messages.rules import State, lifecycle
from chassis.messages.schemas import BounceIn
from chassis.messages.templates import Rendered
from chassis.sealing import PersonKey
from contracts.messages import MessageState

SENDING, OUTCOME = "message", "message_outcome"
"""The clocks of a message: when it is tried next, and when its record hears what became of it."""

Events = Mapping[str, type[MessageState]]


class Addressee(NamedTuple):
    """A person outside: id, key, and an address that `mail.envelope_address` gave."""

    person_id: UUID
    key: PersonKey
    address: str


class About(NamedTuple):
    """The record that a message is about: a code of its type, and its id."""

    record_type: str
    record_id: UUID


async def queue_message(
    work: UnitOfWork, kind: Kind, about: About, to: Addressee, words: Rendered, language: str
) -> Message:
    """Queues a message in the transaction of what it tells of; a kind for working hours waits for them."""
    not_before = await opening(work, kind, work.now)
    message = Message(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        kind=kind.code,
        state=lifecycle(_service(kind.events)).begin("queue", None, body=words, actor=work.actor, now=work.now),
        record_type=about.record_type,
        record_id=about.record_id,
        person_id=to.person_id,
        wrapped_key=to.key.wrapped,
        recipient_sealed=to.key.seal(to.address, "message recipient"),
        subject_sealed=to.key.seal(words.subject, "message subject"),
        text_sealed=to.key.seal(words.text, "message text"),
        template=words.template,
        template_version=words.version,
        language=language,
        not_before=not_before,
        tries=0,
        made_by=work.actor.name,
    )
    work.add(message)
    work.record(message, kind.events[State.WAITING](**shared(message)))
    set_timer(work, message.id, SENDING, "send", not_before)
    return message


async def bounce(work: UnitOfWork, events: Events, message_id: UUID, body: BounceIn, expected: int | None) -> Message:
    """Notes that a message came back; 409 for one that was never handed over."""
    message = await work.load(Message, message_id, expected)
    await settle(work, events, message, "bounce", body=body, fault=body.code, said=body.diagnostic)
    return message


async def settle(
    work: UnitOfWork,
    events: Events,
    message: Message,
    step: str,
    *,
    body: object | None = None,
    fault: str | None = None,
    said: str | None = None,
) -> None:
    """Takes a step that ends the waiting; the record hears of it in a transaction of its own, so that a fault there
    has nothing sent again.
    """
    lifecycle(_service(events)).advance(message, step, None, body=body, actor=work.actor, now=work.now)
    if step == "send":
        message.sent_at = work.now
    await note_fault(work, message, fault, said)
    work.record(message, events[message.state](**shared(message)))
    await clear_timers(work, message.id, SENDING)
    set_timer(work, message.id, OUTCOME, message.state, work.now)


async def note_fault(work: UnitOfWork, message: Message, fault: str | None, said: str | None) -> None:
    """Keeps the code of what went wrong last, and what the other side said, sealed; None for what went well."""
    key = await vault_key_of(work, message)
    message.fault = fault
    message.diagnostic_sealed = key.seal(said, "message diagnostic") if key else None


async def try_again(work: UnitOfWork, message: Message, at: datetime) -> None:
    """Has a message tried at an instant, and not before."""
    message.not_before, message.updated_at = at, work.now
    await clear_timers(work, message.id, SENDING)
    set_timer(work, message.id, SENDING, "send", at)


def shared(message: Message) -> dict[str, Any]:
    """The whole shared state of a message, as every event of it carries it."""
    names = MessageState.model_fields.keys() - {"message_id"}
    return {"message_id": message.id, **{name: getattr(message, name) for name in names}}


def _service(events: Events) -> str:
    return events[State.WAITING].producer()
