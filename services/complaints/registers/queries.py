"""Reads of yearly registers, and of the complaints that they number."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, select, tuple_

from chassis.clocks.models import Clock, ClockInterval
from chassis.clocks.queries import measured
from chassis.clocks.rules import STOPPED
from chassis.db import UnitOfWork
from chassis.paging import SETTLED, Listing, PageQuery, Rows
from chassis.providers import zone_of
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import DECIDE
from services.complaints.registers.models import Register, RegisterRow
from services.complaints.registers.rules import Facts, year_in
from services.complaints.registers.schemas import RegisterQuery

REGISTERS = Listing(
    Register,
    filters={"year": Register.year},
    sorts={"-updated_at": Register.updated_at, "updated_at": Register.updated_at},
    updated_at=Register.updated_at,
)
ROWS = Listing(
    RegisterRow,
    filters={},
    sorts={"number": RegisterRow.number},
    updated_at=RegisterRow.numbered_at,
    where=(RegisterRow.register_id == bindparam("register_id"),),
)
Numbered = Row[*tuple[Any, ...]]
"""A complaint's id and what a row of the register keeps of it."""
FROZEN = (
    Complaint.receipt_number, Complaint.received_at, Complaint.registered_at, Complaint.channel, Complaint.state,
    Complaint.category, Complaint.severity, Complaint.cause, Complaint.decision, Complaint.decided_at,
    Complaint.closed_at, Complaint.satisfaction, Complaint.handler_id,
)  # fmt: skip
"""What a row keeps of a complaint."""


async def list_registers(work: UnitOfWork, asked: RegisterQuery) -> Rows[Register]:
    """A page of the provider's registers."""
    return await REGISTERS.page(work, asked)


async def list_rows(work: UnitOfWork, register_id: UUID, asked: PageQuery) -> Rows[RegisterRow]:
    """A page of a register's rows by their number; 404 for a register that is not the provider's."""
    await work.find(Register, register_id)
    return await ROWS.page(work, asked, register_id, register_id=register_id)


async def rows_between(work: UnitOfWork, register_id: UUID, first: int, last: int) -> Sequence[RegisterRow]:
    """The rows of a register from a number to another."""
    query = select(RegisterRow).where(
        RegisterRow.provider_id == work.provider_id,
        RegisterRow.register_id == register_id,
        RegisterRow.number.between(first, last),
    )
    return (await work.session.execute(query.order_by(RegisterRow.number))).scalars().all()


async def register_of(work: UnitOfWork, year: int) -> Register | None:
    """The register of a year; None before the year is closed."""
    mine = (Register.provider_id == work.provider_id, Register.year == year)
    return (await work.session.execute(select(Register).where(*mine))).scalar_one_or_none()


async def facts(work: UnitOfWork, year: int) -> Facts:
    """What the guards of closing a year know."""
    _, ends_at = year_in((await zone_of(work)).key, year)
    return Facts(ends_at, await register_of(work, year) is not None)


async def unnumbered(work: UnitOfWork, register: Register, most: int) -> Sequence[Numbered]:
    """The next complaints of a year that is being numbered, which were registered when it was signed."""
    after = []
    if register.next_at is not None:
        after = [tuple_(Complaint.received_at, Complaint.id) > tuple_(register.next_at, register.next_id)]
    return await _received(work, register, most, Complaint.registered_at <= register.signed_at, *after)


async def late_entries(work: UnitOfWork, register: Register, most: int) -> Sequence[Numbered]:
    """The complaints of a closed year that were registered after it was signed, and have no number yet.

    Whatever was registered since the last look has changed since then: no more is read than that, however many
    complaints the year has. The first look reads the year, as all may have changed since the signature.
    """
    late: list[ColumnElement[bool]] = [Complaint.registered_at > register.signed_at]
    if register.looked_at is not None:
        changed = (
            select(Complaint.id)
            .where(
                Complaint.provider_id == work.provider_id, Complaint.updated_at > register.looked_at - SETTLED, *late
            )
            .cte("changed")
            .prefix_with("MATERIALIZED")
        )
        late = [Complaint.id.in_(select(changed.c.id))]
    numbered = exists().where(
        RegisterRow.provider_id == Complaint.provider_id, RegisterRow.complaint_id == Complaint.id
    )
    return await _received(work, register, most, *late, ~numbered)


async def _received(work: UnitOfWork, register: Register, most: int, *which: ColumnElement[bool]) -> Sequence[Numbered]:
    query = select(Complaint.id, *FROZEN).where(
        Complaint.provider_id == work.provider_id,
        Complaint.received_at >= register.begins_at,
        Complaint.received_at < register.ends_at,
        *which,
    )
    return (await work.session.execute(query.order_by(Complaint.received_at, Complaint.id).limit(most))).all()


async def kept_promises(work: UnitOfWork, complaint_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Which complaints were decided or ended within what was promised; one that still may be is left out."""
    same = and_(ClockInterval.provider_id == Clock.provider_id, ClockInterval.clock_id == Clock.id)
    query = (
        select(Clock, ClockInterval)
        .join(ClockInterval, same)
        .where(
            Clock.provider_id == work.provider_id,
            Clock.record_id.in_(complaint_ids),
            Clock.name == DECIDE.name,
            Clock.round == 1,
            Clock.promised_due_at.is_not(None),
        )
    )
    found = await work.session.execute(query.order_by(Clock.id, ClockInterval.place))
    clocks = await measured(work, [(clock, interval) for clock, interval in found])
    late = {one.clock.record_id: one.is_late(one.clock.promised_due_at, work.now) for one in clocks}
    ended = {one.clock.record_id for one in clocks if one.clock.state == STOPPED}
    return {record_id: not is_late for record_id, is_late in late.items() if is_late or record_id in ended}
