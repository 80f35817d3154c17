"""The clock's work: steps that come due in `timer`, each taken once, in its provider's transaction."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Delete, and_, bindparam, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.db import INSTALLATION, UnitOfWork
from chassis.logs import log
from chassis.loops import wanted
from chassis.metrics import TIMER_FAILURES, TIMERS_FIRED
from chassis.reactions import INBOX_KEPT
from chassis.reconciliation.models import Reconciled
from chassis.rows import Change
from chassis.tables import Attempt, Idempotency, Inbox, JournalEntry, Provider, Record, Timer
from chassis.trace import current_trace, present_trace, trace_from

R = TypeVar("R", bound=Record)
TimerHandler = Callable[[UnitOfWork, UUID, str], Awaitable[None]]
"""`handler(work, record, step)` takes a step that has come due, within the transaction that ends its timer."""


class Together:
    """A step that is cheaper for many records at once: of each provider, those that are due share a transaction."""

    def __init__(self, many: Callable[[UnitOfWork, Sequence[UUID]], Awaitable[None]]) -> None:
        self.many = many

    async def __call__(self, work: UnitOfWork, record: UUID, step: str) -> None:
        """Takes the step of a single record, as a `TimerHandler` does."""
        await self.many(work, [record])


BATCH, IDLE_SECONDS, RETRY, LONGEST_RETRY = 100, 1.0, timedelta(seconds=10), timedelta(hours=1)
HOUSEKEEPING, EVERY = "housekeeping", timedelta(hours=1)
DAILY, DAY = "daily", timedelta(days=1)
CHANGES, SOON, OVERLAP = "changes", timedelta(seconds=15), timedelta(seconds=30)
"""How often changes are looked for, and how far back beyond the last look: what began before it may end after it."""


CLEARED = Change(
    delete(Timer).where(
        Timer.provider_id == bindparam("provider_id"),
        Timer.record == bindparam("record"),
        Timer.clock == bindparam("clock"),
    ),
    Timer,
)


class NotNow(Exception):
    """Raised by a handler whose record is being changed: all is as before, and the step is looked at again at once.

    A handler that waited would hold its timer, for which the one who changes the record may wait.
    """


async def locked(work: UnitOfWork, kind: type[R], record_id: UUID) -> R | None:
    """The record of a step, locked; None if it is gone. Raises NotNow while somebody else changes it."""
    this = select(kind).where(kind.provider_id == work.provider_id, kind.id == record_id)
    record = (await work.session.execute(this.with_for_update(skip_locked=True))).scalar_one_or_none()
    if record is None and (await work.session.execute(this)).scalar_one_or_none() is not None:
        raise NotNow
    return record


class Step(NamedTuple):
    """A step of a record's clock, and its instant."""

    clock: str
    step: str
    due_at: datetime


def set_timer(work: UnitOfWork, record: UUID, clock: str, step: str, due_at: datetime) -> None:
    """Sets the instant of a step; one that is set already stays as it is."""
    set_timers(work, record, [Step(clock, step, due_at)])


def set_timers(work: UnitOfWork, record: UUID, steps: Iterable[Step]) -> None:
    """Sets the instants of a record's steps; those that are set already stay as they are."""
    work.add(*(Timer(provider_id=work.provider_id, record=record, failures=0, **one._asdict()) for one in steps))


async def clear_timers(work: UnitOfWork, record: UUID, clock: str) -> None:
    """Takes back the steps of a record's clock that have not come due."""
    await work.change(CLEARED, record=record, clock=clock)


async def keep_house(work: UnitOfWork, record: UUID, step: str) -> None:
    """Deletes what has outlived its use, and comes again in an hour."""
    await work.session.execute(delete(Idempotency).where(Idempotency.expires_at < work.now))
    await work.session.execute(delete(Attempt).where(Attempt.expires_at < work.now))
    await work.session.execute(_forgettable(work.now - INBOX_KEPT))
    set_timer(work, record, HOUSEKEEPING, step, work.now + EVERY)


def _forgettable(before: datetime) -> Delete:
    """What of the inbox is old, and cannot look as if it were missing: its type is complete beyond it."""
    complete = select(Reconciled.through).where(Reconciled.type == Inbox.type).scalar_subquery()
    return delete(Inbox).where(
        Inbox.handled_at < before, or_(Inbox.at.is_(None), and_(Inbox.at < before, Inbox.at < complete))
    )


class Due(NamedTuple):
    """A step that is due, of one record or of several."""

    provider_id: UUID
    clock: str
    step: str
    records: Sequence[UUID]


# The steps that another worker takes at the same time are passed over.
TAKE = """
WITH due AS (
    SELECT record FROM timer WHERE provider_id = $1 AND clock = $2 AND step = $3 AND record = ANY($4) AND due_at <= $5
    FOR UPDATE SKIP LOCKED
)
DELETE FROM timer USING due
WHERE provider_id = $1 AND clock = $2 AND step = $3 AND timer.record = due.record RETURNING timer.record
"""


class Timers:
    """Fires what is due in one service's `timer`; any number of these may run at once."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, TimerHandler],
        daily: Mapping[str, TimerHandler] | None = None,
        soon: Mapping[str, TimerHandler] | None = None,
    ) -> None:
        """`daily` are sweeps that run once a day within each provider, `soon` those that run where anything changed.

        What changes is told by the journal, of all providers to the worker's role alone.
        """
        self._database = database
        self._daily, self._soon = daily or {}, soon or {}
        self._looked: datetime | None = None
        planned = {HOUSEKEEPING: keep_house, DAILY: self._plan_day, CHANGES: self._plan_changed}
        self._handlers = {**planned, **self._daily, **self._soon, **handlers}

    async def run(self) -> None:
        """Works until cancelled; an error is logged and does not end it."""
        armed = False
        while wanted():
            more = 0
            try:
                if not armed:
                    await self._arm()
                    armed = True
                more = await self.fire_due()
            except Exception:
                log.warning("timers could not be read", exc_info=True)
            if not more:
                await asyncio.sleep(IDLE_SECONDS)

    async def fire_due(self) -> int:
        """Takes the steps that are due now, at most 100; returns how many this process took of those that may have had
        others come due behind them. Steps taken together do not, until so many are due at once: they wait for company.
        """
        due = (
            select(Timer.provider_id, Timer.record, Timer.clock, Timer.step)
            .where(Timer.due_at <= self._database.clock(), Timer.clock.in_(self._handlers))
            .order_by(Timer.due_at)
            .limit(BATCH)
        )
        async with self._database.connection() as (connection, _):
            rows = list((await connection.execute(due)).all())
        together: defaultdict[tuple[UUID, str, str], list[UUID]] = defaultdict(list)
        steps = list[Due]()
        for provider_id, record, clock, step in rows:
            if isinstance(self._handlers[clock], Together):
                together[provider_id, clock, step].append(record)
            else:
                steps.append(Due(provider_id, clock, step, [record]))
        random.shuffle(steps)  # so that two workers seldom reach for the same row
        taken = sum([await self._fire(one) for one in steps])
        many = sum([await self._fire(Due(*which, records)) for which, records in together.items()])
        return taken + (many if len(rows) == BATCH else 0)

    async def _fire(self, due: Due) -> int:
        """Takes a step of its records in one transaction, or of each in its own where that of several fails."""
        current_trace.set(trace_from(None))
        handler = self._handlers[due.clock]
        try:
            async with self._work(due.provider_id) as work:
                values = (due.provider_id, due.clock, due.step, due.records, work.now)
                taken = [row["record"] for row in await work.driver.fetch(TAKE, *values)]
                if taken and isinstance(handler, Together):
                    await handler.many(work, taken)
                else:
                    for record in taken:
                        await handler(work, record, due.step)
        except NotNow:
            return 0
        except Exception:
            if len(due.records) > 1:
                return sum([await self._fire(due._replace(records=[one])) for one in due.records])
            await self._failed(due)
            return 0
        TIMERS_FIRED.labels(due.clock).inc(len(taken))
        return len(taken)

    async def _failed(self, due: Due) -> None:
        TIMER_FAILURES.labels(due.clock).inc()
        (record,) = due.records
        log.warning("a step of a clock failed", clock=due.clock, step=due.step, record=str(record), exc_info=True)
        with suppress(Exception):
            async with self._work(due.provider_id) as work:
                await _try_later(work, due.clock, due.step, record)

    async def _arm(self) -> None:
        async with self._work(INSTALLATION) as work:
            set_timer(work, INSTALLATION, HOUSEKEEPING, "hourly", work.now + EVERY)
            set_timer(work, INSTALLATION, DAILY, "sweeps", work.now)
            if self._soon:
                set_timer(work, INSTALLATION, CHANGES, "look", work.now + SOON)

    async def _plan_day(self, work: UnitOfWork, record: UUID, step: str) -> None:
        """Has each sweep run within each provider that is known here, and comes again in a day."""
        for name in self._daily:
            await work.session.execute(_planned(name, step, work.now))
        set_timer(work, record, DAILY, step, work.now + DAY)

    async def _plan_changed(self, work: UnitOfWork, record: UUID, step: str) -> None:
        """Has what runs soon run within each provider whose journal has grown since this process looked last.

        Its first look goes a day back, beyond which the daily sweeps have been.
        """
        since = (self._looked or work.now - DAY) - OVERLAP
        grown = select(JournalEntry.provider_id).where(JournalEntry.at >= since)
        for name in self._soon:
            await work.session.execute(_planned(name, step, work.now, Provider.id.in_(grown)))
        self._looked = work.now
        set_timer(work, record, CHANGES, step, work.now + SOON)

    def _work(self, provider_id: UUID) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.work(provider_id, actor=SYSTEM, correlation=present_trace().correlation)


def _planned(name: str, step: str, now: datetime, *which: ColumnElement[bool]) -> Insert:
    """A step, due now, within each provider that is known here and for which something holds."""
    due = select(Provider.id, Provider.id, literal(name), literal(step), literal(now), literal(0))
    due = due.where(Provider.state["life"].astext.is_distinct_from("erased"), *which)
    columns = ["provider_id", "record", "clock", "step", "due_at", "failures"]
    return insert(Timer).from_select(columns, due).on_conflict_do_nothing()


async def _try_later(work: UnitOfWork, clock: str, step: str, record: UUID) -> None:
    mine = (Timer.provider_id == work.provider_id, Timer.record == record)
    this = (*mine, Timer.clock == clock, Timer.step == step)
    due = select(Timer.failures).where(*this, Timer.due_at <= work.now)
    failures = (await work.session.execute(due.with_for_update(skip_locked=True))).scalar_one_or_none()
    if failures is not None:
        wait = min(RETRY * 2 ** min(failures, 10), LONGEST_RETRY)
        values = {"failures": failures + 1, "due_at": work.now + wait}
        await work.session.execute(update(Timer).where(*this).values(values))
