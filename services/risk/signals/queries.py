"""Reads of signals."""

from uuid import UUID

from sqlalchemy import bindparam, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.rows import Read
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


RAISED = Read(
    select(Signal).where(
        Signal.provider_id == bindparam("provider_id"),
        Signal.source_type == bindparam("source_type"),
        Signal.source_id == bindparam("source_id"),
    ),
    Signal,
)


async def raised_by(work: UnitOfWork, source_type: str, source_id: UUID) -> list[Signal]:
    """The signals that a record has raised already."""
    return await work.read(RAISED, source_type=source_type, source_id=source_id)


async def list_signals(work: UnitOfWork, asked: SignalQuery) -> Rows[Signal]:
    """A page of the provider's signals."""
    return await SIGNALS.page(work, asked)
