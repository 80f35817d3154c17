"""Links that let whoever holds them download one attachment for five minutes."""

import base64
import binascii
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from chassis.attachments.rules import LINK_LIFE
from chassis.db import UnitOfWork
from chassis.errors import not_found
from contracts.base import Text

SIGNATURE_BYTES = 16
DEAD_LINK = Text("This link does not hold, or no longer: ask for a new one.", "该链接无效或已过期，请重新获取。")


class Link(NamedTuple):
    """What a link opens, for whom it was made, and until when it holds."""

    attachment_id: UUID
    asked_by: str
    expires_at: datetime


def new_link(work: UnitOfWork, record_type: str, attachment_id: UUID) -> tuple[str, datetime]:
    """The token of a link in the name of the one who acts, and until when it holds."""
    expires_at = (work.now + LINK_LIFE).replace(microsecond=0)
    content = orjson.dumps([attachment_id.hex, work.actor.name, int(expires_at.timestamp())])
    signed = work.vault.sign(_binding(work, record_type) + content) + content
    return _written(signed), expires_at


def read_link(work: UnitOfWork, record_type: str, token: str) -> Link:
    """What a token says; raises 404 for one that is altered, too old, of another provider or of other records."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise not_found(DEAD_LINK) from None
    signature, content = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    signed = work.vault.signed(_binding(work, record_type) + content, signature)
    if token != _written(raw) or not signed:  # one spelling of a token holds
        raise not_found(DEAD_LINK)
    attachment, asked_by, expires = orjson.loads(content)
    link = Link(UUID(attachment), asked_by, datetime.fromtimestamp(expires, UTC))
    if link.expires_at <= work.now:
        raise not_found(DEAD_LINK)
    return link


def _written(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def _binding(work: UnitOfWork, record_type: str) -> bytes:
    return b"\0".join((b"link to a file", work.provider_id.bytes, record_type.encode(), b""))
