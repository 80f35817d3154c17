"""Erasing a provider from a service: its keys first, then rows and files; the journal, which names nobody, stays."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, literal_column, select

from chassis.attachments.jobs import EVERY_FILE
from chassis.db import UnitOfWork
from chassis.departure.archive import tables_of
from chassis.envelopes import Received
from chassis.jobs import TimerHandler, set_timer
from chassis.logs import log
from chassis.reactions import reacts_to
from chassis.tables import OF_PROVIDERS, TENANT, Base, ProviderKey, Timer
from contracts.gateway import ProviderErased

ERASURE = "erasure"
BATCH = 5_000
"""Rows that are deleted in one transaction."""

AT_ONCE, LATE = "at_once", "late"
LATER = timedelta(minutes=10)
"""After this time nothing of what had begun before the erasure can be under way: it is looked for once more."""


@reacts_to(ProviderErased)
async def erase_provider(work: UnitOfWork, received: Received[ProviderErased]) -> None:
    """What every service behind the gateway does when a provider is erased."""
    await begin_erasure(work)


async def begin_erasure(work: UnitOfWork) -> None:
    """Destroys the provider's key at once, so that nothing sealed can be read, and has its rows and files deleted."""
    work.vault.forget(work.provider_id)
    await work.session.execute(delete(ProviderKey).where(ProviderKey.provider_id == work.provider_id))
    await _drop_timers(work)
    for clock in (ERASURE, EVERY_FILE):
        set_timer(work, work.provider_id, clock, AT_ONCE, work.now)
        set_timer(work, work.provider_id, clock, LATE, work.now + LATER)


def erasing(service: str, kept: frozenset[str] = frozenset()) -> TimerHandler:
    """The handler that deletes a provider's rows from a service, so many at a time until none is left."""

    async def erase_rows(work: UnitOfWork, record: UUID, step: str) -> None:
        work.vault.forget(work.provider_id)
        await _drop_timers(work)
        for table in _emptied(service):
            if table.name in kept:
                continue
            place: ColumnElement[Any] = literal_column("ctid")
            some = select(place).select_from(table).where(table.c.provider_id == work.provider_id).limit(BATCH)
            mine = table.c.provider_id == work.provider_id
            gone = await work.session.execute(delete(table).where(mine, place.in_(some.scalar_subquery())))
            if gone.rowcount:  # type: ignore[attr-defined]
                set_timer(work, record, ERASURE, step, work.now)
                return
        log.info("a provider was erased", provider=str(work.provider_id), step=step)

    return erase_rows


def _emptied(service: str) -> list[Table]:
    """The tables that are emptied of a provider's rows: plumbing that says so, and its records', each before those
    that its keys point at.
    """
    every = [table for table in Base.metadata.sorted_tables if table.info.get("service") == service]
    records = [table for table in reversed(tables_of(service)) if table.info["class"] == TENANT]
    return [*(table for table in every if OF_PROVIDERS in table.info), *records]


async def _drop_timers(work: UnitOfWork) -> None:
    """Drops what the clock would do for the provider, but for the erasure itself."""
    others = (Timer.provider_id == work.provider_id, Timer.clock.not_in((ERASURE, EVERY_FILE)))
    await work.session.execute(delete(Timer).where(*others))
