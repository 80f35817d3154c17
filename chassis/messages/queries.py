"""Reads of messages."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as RFC_5322
from typing import NamedTuple

from chassis.calendars.queries import present_calendar
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.messages.kinds import Kind
from chassis.messages.models import Message
from chassis.messages.schemas import MessageQuery
from chassis.paging import Listing, Rows
from chassis.provider_keys import provider_vault
from chassis.sealing import PersonKey, ProviderVault
from chassis.worktime import NoWorkingTimeError, next_working_time

CALENDAR_WAIT = timedelta(minutes=1)
MESSAGES = Listing(
    Message,
    filters={"kind": Message.kind, "state": Message.state, "record_id": Message.record_id},
    sorts={
        "-created_at": Message.created_at,
        "created_at": Message.created_at,
        "-updated_at": Message.updated_at,
        "updated_at": Message.updated_at,
    },
    updated_at=Message.updated_at,
    plain=True,
)


class Opened(NamedTuple):
    """The personal part of a message, readable; `mail` is the whole of it as it was handed over."""

    recipient: str | None
    subject: str | None
    text: str | None
    mail: str | None
    diagnostic: str | None


async def list_messages(work: UnitOfWork, asked: MessageQuery) -> Rows[Message]:
    """A page of the provider's messages."""
    return await MESSAGES.page(work, asked)


async def vault_key_of(work: UnitOfWork, message: Message) -> PersonKey | None:
    """The key that seals a message; None once its recipient was erased."""
    return key_of(await provider_vault(work), message)


def key_of(vault: ProviderVault, message: Message) -> PersonKey | None:
    """The same, with the provider's vault at hand."""
    return None if message.wrapped_key is None else vault.person(message.person_id, message.wrapped_key)


def open_message(vault: ProviderVault, message: Message) -> Opened:
    """Decrypts a message; what was erased is None."""
    key = key_of(vault, message)
    if key is None:
        return Opened(None, None, None, None, None)
    return Opened(*(key.open(getattr(message, f"{name}_sealed"), f"message {name}") for name in Opened._fields))


def shown(opened: Opened, kind: Kind | None) -> Opened:
    """A message as it is shown: without what its kind conceals, for which neither its bytes are shown."""
    if kind is None or kind.conceals is None:
        return opened
    subject, text, diagnostic = (
        None if words is None else kind.conceals.sub("…", words)
        for words in (opened.subject, opened.text, opened.diagnostic)
    )
    return Opened(opened.recipient, subject, text, None, diagnostic)


def headers_of(mail: str) -> list[tuple[str, str]]:
    """The headers of a whole message in their order, decoded."""
    parsed = message_from_bytes(mail.encode(), policy=RFC_5322)
    return [(name, str(value)) for name, value in parsed.items()]


def masked(address: str | None) -> str | None:
    """An address of which people who know it recognise the beginning, as `w***@company.example`."""
    if address is None:
        return None
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


async def opening(work: UnitOfWork, kind: Kind, at: datetime) -> datetime:
    """The first instant from `at` on at which a kind of message may reach people.

    A provider without any working time is not waited for; one whose calendar has not arrived is, a minute at a time.
    """
    if not kind.in_working_hours:
        return at
    try:
        return next_working_time((await present_calendar(work)).calendar, at)
    except NoWorkingTimeError:
        return at
    except Problem:
        return at + CALENDAR_WAIT
