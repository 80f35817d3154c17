"""What is done to yearly registers: a year is closed, its complaints are numbered, late entries are added."""

from collections.abc import Sequence
from typing import Any

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import set_timer
from chassis.paging import SETTLED
from chassis.providers import zone_of
from contracts.registers import RegisterClosed, RegisterSigned, RegisterSupplemented
from services.complaints.registers import queries
from services.complaints.registers.models import Register, RegisterRow
from services.complaints.registers.rules import FIRST_HASH, LIFECYCLE, chained, name_of, year_in
from services.complaints.registers.schemas import CloseYearIn

CLOCK, NEXT, SUPPLEMENT = "register", "next", "supplement"
BATCH = 500
"""Rows that are numbered in one transaction."""


async def close_year(work: UnitOfWork, body: CloseYearIn) -> Register:
    """Signs the register of a year, which the clock then numbers; 409 names all that stands against it."""
    facts = await queries.facts(work, body.year)
    state = LIFECYCLE.begin("close", facts, body=body, actor=work.actor, now=work.now)
    zone = (await zone_of(work)).key
    begins_at, ends_at = year_in(zone, body.year)
    register = Register(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        year=body.year,
        state=state,
        zone=zone,
        begins_at=begins_at,
        ends_at=ends_at,
        signed_at=work.now,
        signed_by=work.actor.name,
        complaints=0,
        supplements=0,
        last_sha256=FIRST_HASH,
    )
    work.add(register)
    work.record(register, RegisterSigned(**_shared(register)))
    # Whatever was being registered at the signature has been, or has not been, by then.
    set_timer(work, register.id, CLOCK, NEXT, work.now + SETTLED)
    return register


async def number_next(work: UnitOfWork, register: Register) -> None:
    """Numbers the next complaints of a year; when none is left, the register is closed."""
    found = await queries.unnumbered(work, register, BATCH)
    await _enter(work, register, found, supplement=False)
    if found:
        register.next_at, register.next_id = found[-1].received_at, found[-1].id
    if len(found) == BATCH:
        set_timer(work, register.id, CLOCK, NEXT, work.now)
        return
    LIFECYCLE.advance(register, "finish", None, body=None, actor=work.actor, now=work.now)
    register.sha256, register.closed_at = register.last_sha256, work.now
    work.record(register, RegisterClosed(**_shared(register)))


async def supplement(work: UnitOfWork, register: Register) -> None:
    """Adds complaints of a closed year that were registered after it was signed, with the next free numbers."""
    found = await queries.late_entries(work, register, BATCH)
    if len(found) < BATCH:
        register.looked_at = work.now
    if not found:
        return
    LIFECYCLE.advance(register, "supplement", None, body=None, actor=work.actor, now=work.now)
    await _enter(work, register, found, supplement=True)
    work.record(register, RegisterSupplemented(**_shared(register)))
    if len(found) == BATCH:
        set_timer(work, register.id, CLOCK, SUPPLEMENT, work.now)


async def _enter(work: UnitOfWork, register: Register, found: Sequence[queries.Numbered], *, supplement: bool) -> None:
    """Writes the rows of some complaints, each hashed with the one before it."""
    promises = await queries.kept_promises(work, [one.id for one in found])
    number = register.complaints + register.supplements
    for one in found:
        number += 1
        values = {
            "number": number,
            "name": name_of(register.year, number),
            "supplement": supplement,
            "numbered_at": work.now,
            "complaint_id": one.id,
            "on_time": promises.get(one.id),
            **{column.key: getattr(one, column.key) for column in queries.FROZEN},
        }
        register.last_sha256 = chained(register.last_sha256, values)
        own = {"provider_id": work.provider_id, "id": new_id(), "register_id": register.id}
        work.add(RegisterRow(**own, **values, sha256=register.last_sha256))
    if supplement:
        register.supplements += len(found)
    else:
        register.complaints += len(found)


def _shared(register: Register) -> dict[str, Any]:
    names = ("year", "state", "complaints", "supplements", "sha256", "last_sha256")
    return {"register_id": register.id, **{name: getattr(register, name) for name in names}}
