"""Erasing a provider from a service: first its keys, then its rows; the journal, which names nobody, stays."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, literal_column, select

from chassis.db import UnitOfWork
from chassis.departure.archive import tables_of
from chassis.envelopes import Received
from chassis.jobs import TimerHandler, set_timer
from chassis.logs import log
from chassis.reactions import reacts_to
from chassis.tables import TENANT, ProviderKey, Timer
from contracts.gateway import ProviderErased

ERASURE = "erasure"
BATCH = 5_000
"""Rows that are deleted in one transaction."""


@reacts_to(ProviderErased)
async def erase_provider(work: UnitOfWork, received: Received[ProviderErased]) -> None:
    """Destroys the provider's key at once, so that nothing sealed can be read, and has its rows deleted."""
    work.vault.forget(work.provider_id)
    await work.session.execute(delete(ProviderKey).where(ProviderKey.provider_id == work.provider_id))
    await work.session.execute(delete(Timer).where(Timer.provider_id == work.provider_id))
    await set_timer(work, work.provider_id, ERASURE, "rows", work.now)


def erasing(service: str, kept: frozenset[str] = frozenset()) -> TimerHandler:
    """The handler that deletes a provider's rows from a service, so many at a time until none is left."""

    async def erase_rows(work: UnitOfWork, record: UUID, step: str) -> None:
        for table in reversed(tables_of(service)):
            if table.info["class"] != TENANT or table.name in kept:
                continue
            place: ColumnElement[Any] = literal_column("ctid")
            some = select(place).select_from(table).where(table.c.provider_id == work.provider_id).limit(BATCH)
            gone = await work.session.execute(delete(table).where(place.in_(some.scalar_subquery())))
            if gone.rowcount:  # type: ignore[attr-defined]
                await set_timer(work, record, ERASURE, step, work.now)
                return
        log.info("a provider was erased", provider=str(work.provider_id))

    return erase_rows
