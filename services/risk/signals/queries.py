"""Reads of signals."""

from uuid import UUID

from sqlalchemy import exists, select

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


async def is_raised(work: UnitOfWork, source_type: str, source_id: UUID) -> bool:
    """Whether a record has raised its signal already."""
    mine = (Signal.provider_id == work.provider_id, Signal.source_type == source_type, Signal.source_id == source_id)
    return bool((await work.session.execute(select(exists().where(*mine)))).scalar_one())


async def list_signals(work: UnitOfWork, asked: SignalQuery) -> Rows[Signal]:
    """A page of the provider's signals."""
    return await SIGNALS.page(work, asked)
