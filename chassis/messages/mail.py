"""Mail: a message as bytes, and handing it to the mail server."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as RFC_5322
from typing import Protocol
from uuid import UUID

import aiosmtplib

from chassis.settings import MailServer

REPLY_SECONDS, WHOLE_SECONDS = 10.0, 30.0
"""Limits of one answer of the mail server, and of connecting, encryption, login and handing over together."""

# Base64 where the text asks for it: a server on the way that knows no 8-bit mail changes nothing then.
POLICY = RFC_5322.clone(cte_type="7bit")


class MailFault(Exception):
    """The mail server did not take a message: a code, whether that is its last word, and what it said.

    `said` may quote the recipient: it is sealed, and never logged.
    """

    def __init__(self, code: str, *, final: bool = False, said: str | None = None) -> None:
        super().__init__(code)
        self.code, self.final, self.said = code, final, said


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole message: the addresses of its envelope, and its bytes."""

    sender: str
    recipient: str
    content: bytes


class Mailbox(Protocol):
    """Where messages are handed over."""

    @property
    def sender(self) -> str:
        """The address that messages come from."""

    async def hand_over(self, mail: Mail) -> None:
        """Hands a message over; raises MailFault."""


def envelope_address(address: str) -> str | None:
    """An e-mail address as every mail server understands it; None for one that cannot be written in ASCII."""
    local, _, domain = address.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
        parsed = Address(addr_spec=plain)
    except (MessageError, ValueError, IndexError):
        return None
    return plain if plain.isascii() and parsed.domain else None


def compose(
    message_id: UUID,
    *,
    sender: str,
    name: str,
    recipient: str,
    subject: str,
    text: str,
    language: str,
    at: datetime,
) -> Mail:
    """The whole message; sender and recipient are addresses in ASCII, `name` is shown as the sender's name.

    The Message-ID follows from the message's id, so that whoever gets it twice can tell. Raises ValueError where
    something would add a line to a header.
    """
    mail = EmailMessage(POLICY)
    mail["From"] = Address(name, addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = subject
    mail["Date"] = at
    mail["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: answering machines stay silent
    mail["Content-Language"] = language
    mail.set_content(text, charset="utf-8")
    return Mail(sender, recipient, mail.as_bytes())


class MailServerMailbox:
    """Hands messages to a mail server, each on a connection of its own; encrypted, unless it is on this machine."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    @property
    def sender(self) -> str:
        """The address that messages come from."""
        return self._server.sender

    async def hand_over(self, mail: Mail) -> None:
        """Hands a message over; raises MailFault, final when the server refuses recipient or content for good."""
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            use_tls=self._server.encryption == "tls",
            start_tls=self._server.encryption == "starttls",
            timeout=REPLY_SECONDS,
        )
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                await client.connect()
                await client.sendmail(mail.sender, [mail.recipient], mail.content)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            client.close()
            raise fault_of(error) from None
        except BaseException:
            client.close()
            raise
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):  # it was taken, whatever is said at parting
            await client.quit()
        client.close()


def fault_of(error: Exception) -> MailFault:
    """What an exception of the mail client means to the message."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return MailFault(f"smtp_{error.code}", final=error.code >= 500, said=error.message)
    if isinstance(error, aiosmtplib.SMTPResponseException):  # greeting, login, sender: ours to mend, not the message's
        return MailFault(f"smtp_{error.code}", said=error.message)
    for kind, code in FAULTS:
        if isinstance(error, kind):
            return MailFault(code)
    return MailFault("mail_fault")


FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timed_out"),
    (ssl.SSLError, "encryption_failed"),
    (aiosmtplib.SMTPServerDisconnected, "disconnected"),
    (ConnectionError, "not_connected"),
    (OSError, "not_connected"),
)
