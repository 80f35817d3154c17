"""The work on yearly registers by the clock: one short transaction after another, each goes on where the last ended."""

from uuid import UUID

from sqlalchemy import select

from chassis.actors import Nobody
from chassis.db import UnitOfWork
from chassis.jobs import locked, set_timer
from services.complaints.registers.actions import CLOCK, SUPPLEMENT, number_next, supplement
from services.complaints.registers.models import Register
from services.complaints.registers.rules import State


async def go_on(work: UnitOfWork, record: UUID, step: str) -> None:
    """Numbers a part of a register, or adds late entries to it, for whoever signed it."""
    register = await locked(work, Register, record)
    if register is None:
        return
    work.actor = Nobody(register.signed_by)
    if step == SUPPLEMENT and register.state == State.CLOSED:
        await supplement(work, register)
    elif step != SUPPLEMENT and register.state == State.NUMBERING:
        await number_next(work, register)


async def look_for_late_entries(work: UnitOfWork, record: UUID, step: str) -> None:
    """Has each closed register of a provider looked at, once a day."""
    query = select(Register.id).where(Register.provider_id == work.provider_id, Register.state == State.CLOSED)
    for register_id in (await work.session.execute(query)).scalars().all():
        set_timer(work, register_id, CLOCK, SUPPLEMENT, work.now)


TIMERS = {CLOCK: go_on}
DAILY = {"late_register_entries": look_for_late_entries}
