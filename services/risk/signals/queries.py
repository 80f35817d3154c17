"""Reads of signals."""

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from services.risk.signals.models import Signal
from services.risk.signals.schemas import SignalQuery

SIGNALS = Listing(
    Signal,
    filters={"source": Signal.source_id},
    sorts={
        "-occurred_at": Signal.occurred_at,
        "occurred_at": Signal.occurred_at,
        "-updated_at": Signal.updated_at,
        "updated_at": Signal.updated_at,
    },
    updated_at=Signal.updated_at,
)


async def list_signals(work: UnitOfWork, asked: SignalQuery) -> Rows[Signal]:
    """A page of the provider's signals."""
    return await SIGNALS.page(work, select(Signal).where(Signal.provider_id == work.provider_id), asked)
