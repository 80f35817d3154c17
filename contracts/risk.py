"""Events of risk: signals to analyse (clause 7.7)."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event, registry


class SignalState(Event):
    """The whole shared state of a signal: what raised it, and why it bears on risk."""

    signal_id: UUID
    state: str
    source_type: str
    source_id: UUID
    reasons: list[Literal["safety", "security"]]
    customer_id: UUID | None
    occurred_at: AwareDatetime


class SignalRaised(SignalState):
    """Something happened that is to be analysed for risk."""

    TYPE: ClassVar[str] = "risk.signal.raised.v1"
    CLAUSE: ClassVar[str | None] = "7.7"


EVENTS = registry(SignalRaised)
