"""Terms: limits in plain time, which no calendar knows, kept by the record itself, with the ladder of a clock."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clocks.jobs import tell
from chassis.clocks.rules import ClockRule
from chassis.db import UnitOfWork
from chassis.jobs import Step, TimerHandler, clear_timers, locked, set_timers
from chassis.tables import Record
from contracts.base import Event


class Term(NamedTuple):
    """A limit in plain time, from its beginning to its end."""

    begins_at: datetime
    due_at: datetime

    def reached_at(self, percent: int) -> datetime:
        """The instant at which so much of it has passed."""
        return self.begins_at + (self.due_at - self.begins_at) * percent / 100


class Termed(Record):
    """Columns of a record that keeps a term: none without `due_at`; `reached` is the highest rung that was taken."""

    term_begins_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    reached: Mapped[int] = mapped_column(SmallInteger())

    @property
    def term(self) -> Term | None:
        """The term, if there is one."""
        if self.term_begins_at is None or self.due_at is None:
            return None
        return Term(self.term_begins_at, self.due_at)


R = TypeVar("R", bound=Termed)


def set_term(work: UnitOfWork, record: Termed, rule: ClockRule, term: Term | None) -> None:
    """Gives a record without a timer its term, whose ladder begins; None takes the term away."""
    record.term_begins_at, record.due_at = term or (None, None)
    record.reached = 0
    following = next_rung(record, rule)
    set_timers(work, record.id, [] if following is None else [following])


async def change_term(work: UnitOfWork, record: Termed, rule: ClockRule, term: Term | None) -> None:
    """Gives a record another term, whose ladder begins anew; the one that it has stays as it is."""
    if term != record.term:
        await clear_timers(work, record.id, rule.timer)
        set_term(work, record, rule, term)


def next_rung(record: Termed, rule: ClockRule) -> Step | None:
    """The next rung of a record's ladder as its timer; None at the top, and without a term."""
    rung, term = rule.after(record.reached), record.term
    if rung is None or term is None:
        return None
    return Step(rule.timer, str(rung.percent), term.reached_at(rung.percent))


def term_ladder(
    rule: ClockRule, kind: type[R], told: Callable[[R], Event], parameters: Callable[[R], Mapping[str, Any]]
) -> dict[str, TimerHandler]:
    """The handler of the timer of these records' terms; `told` is the event that the record's journal gets at a rung.

    `parameters` are those of the tasks.
    """

    async def climb(work: UnitOfWork, record_id: UUID, step: str) -> None:
        record = await locked(work, kind, record_id)
        if record is None:
            return
        while (following := next_rung(record, rule)) is not None and following.due_at <= work.now:
            record.reached = int(following.step)
            made_by, due_at = work.record(record, told(record)), record.due_at
            tell(work, record_id, rule, record.reached, made_by=made_by, due_at=due_at, parameters=parameters(record))
        set_timers(work, record_id, [] if following is None else [following])

    return {rule.timer: climb}
