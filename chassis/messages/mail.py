"""Mail: a message as bytes, and what hands it over."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as RFC_5322
from typing import Protocol
from uuid import UUID

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
