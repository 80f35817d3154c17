"""What risk does when something happens elsewhere."""

from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.ids import new_id
from chassis.reactions import reacts_to
from contracts.complaints import ComplaintReceived
from contracts.risk import SignalRaised
from services.risk.signals.models import Signal
from services.risk.signals.queries import is_raised


@reacts_to(ComplaintReceived)
async def raise_signal(work: UnitOfWork, received: Received[ComplaintReceived]) -> None:
    """A complaint with a safety or security concern becomes a signal to analyse, once."""
    complaint = received.data
    if not complaint.concerns or await is_raised(work, "complaint", complaint.complaint_id):
        return
    signal = Signal(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        state="raised",
        source_type="complaint",
        source_id=complaint.complaint_id,
        reasons=list(complaint.concerns),
        customer_id=complaint.customer_id,
        occurred_at=complaint.received_at,
    )
    work.add(signal)
    happened = SignalRaised(
        signal_id=signal.id,
        state="raised",
        source_type="complaint",
        source_id=signal.source_id,
        reasons=list(complaint.concerns),
        customer_id=signal.customer_id,
        occurred_at=signal.occurred_at,
    )
    work.record(signal, happened)
