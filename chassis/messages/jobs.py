"""Sending: what is due is claimed, handed to the mail server outside any transaction, and settled."""

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, tuple_, update

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, clear_timers
from chassis.logs import log
from chassis.loops import wanted
from chassis.messages.actions import OUTCOME, SENDING, note_fault, settle, try_again
from chassis.messages.kinds import Kind, Outbound
from chassis.messages.mail import Mail, Mailbox, MailFault, compose
from chassis.messages.models import Message
from chassis.messages.queries import opening, vault_key_of
from chassis.messages.rules import LAST_TRY, State, wait_after
from chassis.messages.templates import one_line
from chassis.metrics import MESSAGE_FAULTS, MESSAGES_SENT
from chassis.providers import provider_of
from chassis.sealing import PersonKey
from chassis.tables import Timer
from chassis.trace import current_trace, present_trace, trace_from

PER_SECOND = 5
"""Messages that one process hands over in a second at most."""

CLAIMED = timedelta(minutes=1)
"""For so long a message that one worker reads is left alone by the others; longer than handing it over may take."""

ERASED = "recipient_erased"


class Dispatch:
    """Sends one service's messages; any number of these may run at once.

    A try is counted before it is made. Whoever dies between the mail server's yes and the commit leaves a message
    that is sent again after its wait: the same bytes with the same Message-ID, by which the other side can tell.
    """

    def __init__(self, database: Database, mailbox: Mailbox | None, messages: Iterable[Outbound]) -> None:
        """Without a mailbox, messages are kept."""
        self._database, self._mailbox = database, mailbox
        self._kinds: Mapping[str, Kind] = {one.kind.code: one.kind for one in messages}

    async def run(self) -> None:
        """Works until cancelled, a turn a second; an error is logged and does not end it."""
        while wanted():
            began = time.monotonic()
            try:
                await self.send_due()
            except Exception:
                log.warning("messages could not be read", exc_info=True)
            await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))

    async def send_due(self) -> int:
        """Tries what is due now, at most five messages; returns how many this process took up."""
        rows = await self._claim()
        await asyncio.gather(*(self._try(*row) for row in rows))
        return len(rows)

    async def _claim(self) -> list[tuple[UUID, UUID]]:
        now = self._database.clock()
        due = select(Timer.provider_id, Timer.record).where(Timer.clock == SENDING, Timer.due_at <= now)
        async with self._database.connection() as (connection, _):
            query = due.order_by(Timer.due_at).limit(PER_SECOND).with_for_update(skip_locked=True)
            rows = [(provider_id, record) for provider_id, record in (await connection.execute(query)).all()]
            if rows:
                these = tuple_(Timer.provider_id, Timer.record).in_(rows)
                claimed = update(Timer).where(these, Timer.clock == SENDING).values(due_at=now + CLAIMED)
                await connection.execute(claimed)
        return rows

    async def _try(self, provider_id: UUID, message_id: UUID) -> None:
        current_trace.set(trace_from(None))
        try:
            async with self._work(provider_id) as work:
                mail = await self._prepare(work, message_id)
            if mail is None or self._mailbox is None:
                return
            fault = await _handed_over(self._mailbox, mail)
            async with self._work(provider_id) as work:
                await self._settle(work, message_id, fault)
        except Exception:
            log.warning("a message could not be dealt with", record=str(message_id), exc_info=True)

    async def _prepare(self, work: UnitOfWork, message_id: UUID) -> Mail | None:
        """What is to be handed over now, if anything, with the try counted as if it had failed."""
        message = await work.load(Message, message_id)
        if message.state != State.WAITING:
            await clear_timers(work, message_id, SENDING)
            return None
        kind, key = self._kinds[message.kind], await vault_key_of(work, message)
        if key is None:
            await settle(work, kind.events, message, "give_up", fault=ERASED)
            return None
        if self._mailbox is None:
            await settle(work, kind.events, message, "keep")
            return None
        opens = await opening(work, kind, work.now)
        if opens > work.now:
            await try_again(work, message, opens)
            return None
        mail = await _mail(work, message, key, self._mailbox.sender)
        message.tries += 1
        await try_again(work, message, work.now + wait_after(message.tries))
        return mail

    async def _settle(self, work: UnitOfWork, message_id: UUID, fault: MailFault | None) -> None:
        message = await work.load(Message, message_id)
        if message.state != State.WAITING:  # it came back before we heard that it was taken
            return
        events = self._kinds[message.kind].events
        if fault is None:
            await settle(work, events, message, "send")
            MESSAGES_SENT.labels(message.kind).inc()
            return
        MESSAGE_FAULTS.labels(fault.code).inc()
        log.warning("a message was not taken", record=str(message_id), fault=fault.code, tries=message.tries)
        if fault.final or message.tries >= LAST_TRY:
            step = "refuse" if fault.final else "give_up"
            await settle(work, events, message, step, fault=fault.code, said=fault.said)
        else:
            await note_fault(work, message, fault.code, fault.said)
            await try_again(work, message, work.now + wait_after(message.tries))

    def _work(self, provider_id: UUID) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.work(provider_id, actor=SYSTEM, correlation=present_trace().correlation)


def outcome_handlers(messages: Iterable[Outbound]) -> dict[str, TimerHandler]:
    """The handler that has records hear what became of messages about them, by its clock."""
    outcomes = {one.kind.code: one.outcome for one in messages}

    async def tell_outcome(work: UnitOfWork, message_id: UUID, state: str) -> None:
        message = await work.load(Message, message_id)
        if message.state == state:  # what was sent may have come back since, and that is told by itself
            await outcomes[message.kind](work, message)

    return {OUTCOME: tell_outcome}


async def _handed_over(mailbox: Mailbox, mail: Mail) -> MailFault | None:
    try:
        await mailbox.hand_over(mail)
    except MailFault as fault:
        return fault
    return None


async def _mail(work: UnitOfWork, message: Message, key: PersonKey, sender: str) -> Mail:
    """The whole message: made and sealed at the first try, the same at every other."""
    recipient = key.open(message.recipient_sealed, "message recipient") or ""
    whole = key.open(message.mail_sealed, "message mail")
    if whole is not None:
        return Mail(sender, recipient, whole.encode())
    mail = compose(
        message.id,
        sender=sender,
        name=one_line((await provider_of(work)).name),
        recipient=recipient,
        subject=key.open(message.subject_sealed, "message subject") or "",
        text=key.open(message.text_sealed, "message text") or "",
        language=message.language,
        at=work.now,
    )
    message.mail_sealed = key.seal(mail.content.decode("ascii"), "message mail")
    message.sha256 = hashlib.sha256(mail.content).hexdigest()
    return mail
