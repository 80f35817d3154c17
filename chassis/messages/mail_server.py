"""Handing mail to a mail server; loaded only where there is one."""

import asyncio
import ssl
from contextlib import suppress

import aiosmtplib

from chassis.messages.mail import Mail, MailFault
from chassis.settings import MailServer

REPLY_SECONDS, WHOLE_SECONDS = 10.0, 30.0
"""Limits of one answer of the mail server, and of connecting, encryption, login and handing over together."""


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
