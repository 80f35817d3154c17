"""What a service sends to people outside, as data: kinds of message, and who hears what became of them."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from chassis.db import UnitOfWork
from chassis.messages.models import Message
from contracts.messages import MessageState


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message.

    Its templates are `<code>.<language>.txt` in `folder`. `in_working_hours`: it reaches people in their provider's
    working hours only. `events` are the service's own, by the state that a message has come to. What
    `conceals` matches gives access to whoever has it: it is sent and stored sealed, and shown to nobody.
    """

    code: str
    folder: Path
    in_working_hours: bool
    events: Mapping[str, type[MessageState]]
    conceals: re.Pattern[str] | None = None


Outcome = Callable[[UnitOfWork, Message], Awaitable[None]]
"""`outcome(work, message)` puts what became of a message on the record that it is about; its `state` says what."""


class Outbound(NamedTuple):
    """A kind of message, and what its outcome means to the record."""

    kind: Kind
    outcome: Outcome
