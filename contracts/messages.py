"""The base of events of messages to people outside, which each service that sends them declares as its own."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event


class MessageState(Event):
    """The whole shared state of a message: to whom by id, which template, what became of it; never a word of it.

    `kind` and `record_type` are codes of the service that sends it; `fault` is a code of what went wrong last, for
    example `smtp_550` or `5.1.1`; `sha256` is the hash of the whole message as it was handed over.
    """

    message_id: UUID
    kind: str
    state: str
    record_type: str
    record_id: UUID
    person_id: UUID
    language: Literal["en", "zh-CN"]
    template: str
    template_version: str
    not_before: AwareDatetime
    tries: int
    fault: str | None
    sent_at: AwareDatetime | None
    sha256: str | None
