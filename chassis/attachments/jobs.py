"""Objects of the store that no row holds: each has a timer that removes it, and whoever keeps it claims the timer.

Those of a provider that is erased go all together, whether a row holds them or not.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete

from chassis.attachments.store import FileStore
from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, set_timer
from chassis.tables import Timer

LOOSE = "loose_file"
"""The clock of a loose object: its record is the file's id, its step the address in hexadecimal digits."""

EVERY_FILE = "every_file"
"""The clock that removes all objects of a provider that is erased."""


def object_name(provider_id: UUID, address: str, file_id: UUID) -> str:
    """Where an object stands in the store: by the address of its content, and by the upload that it came with.

    So no two uploads write one object, and what one throws away belongs to nobody else.
    """
    return f"{provider_id}/{address}-{file_id.hex}"


async def claim_loose(work: UnitOfWork, file_id: UUID) -> bool:
    """Takes an object's timer away, and with it the right to its fate; False when somebody else has it."""
    this = (Timer.provider_id == work.provider_id, Timer.record == file_id, Timer.clock == LOOSE)
    return (await work.session.execute(delete(Timer).where(*this).returning(Timer.step))).first() is not None


def file_timers(files: FileStore) -> Mapping[str, TimerHandler]:
    """What the clock does in every service that keeps files."""

    async def remove_loose(work: UnitOfWork, record: UUID, step: str) -> None:
        """Removes an object whose time has come; safe to repeat, and repeated until the store has done it."""
        await files.remove(object_name(work.provider_id, step, record))

    async def remove_every(work: UnitOfWork, record: UUID, step: str) -> None:
        """Removes all objects of a provider, so many at a time until none is left."""
        if await files.remove_some(str(work.provider_id)):
            set_timer(work, record, EVERY_FILE, step, work.now)

    return {LOOSE: remove_loose, EVERY_FILE: remove_every}
