"""What risk does when something happens elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.ids import new_id
from chassis.reactions import reacts_to
from contracts.complaint_state import ComplaintState
from contracts.complaints import ComplaintReceived
from contracts.handling import ComplaintDecided
from contracts.risk import SignalGround, SignalRaised
from services.risk.signals.models import Signal
from services.risk.signals.queries import raised_by

SEVERE: dict[str | None, SignalGround] = {"major": "major", "critical": "critical"}


@reacts_to(ComplaintReceived)
async def raise_signal(work: UnitOfWork, received: Received[ComplaintReceived]) -> None:
    """A complaint with a safety or security concern becomes a signal to analyse, once."""
    complaint = received.data
    if complaint.concerns:
        await _raise(work, complaint, complaint.received_at, complaint.concerns, [])


@reacts_to(ComplaintDecided)
async def raise_signals_of_decision(work: UnitOfWork, received: Received[ComplaintDecided]) -> None:
    """A decided complaint becomes a signal because it is major or critical, and one because its cause repeats."""
    complaint = received.data
    severe = SEVERE.get(complaint.severity)
    if severe is not None:
        await _raise(work, complaint, received.time, [], [severe])
    if complaint.repeated:
        await _raise(work, complaint, received.time, [], ["repeated_cause"])


async def _raise(
    work: UnitOfWork,
    complaint: ComplaintState,
    occurred_at: datetime,
    reasons: Sequence[str],
    grounds: Sequence[SignalGround],
) -> None:
    """Raises a signal of a complaint, unless there is one for the same."""
    why = {"reasons": list(reasons), "grounds": list(grounds)}
    known = await raised_by(work, "complaint", complaint.complaint_id)
    if any({"reasons": one.reasons, "grounds": one.grounds} == why for one in known):
        return
    shared = {
        "state": "raised",
        "source_type": "complaint",
        "source_id": complaint.complaint_id,
        "customer_id": complaint.customer_id,
        "occurred_at": occurred_at,
        **why,
    }
    signal = Signal(provider_id=work.provider_id, id=new_id(), created_at=work.now, **shared)
    work.add(signal)
    work.record(signal, SignalRaised.model_validate({"signal_id": signal.id, **shared}))
