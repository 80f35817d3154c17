"""What a past case meets here: complaints with its number, and the channels."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from services.complaints.channels.models import Channel
from services.complaints.complaints.models import Complaint


async def numbers_here(work: UnitOfWork, system: str, numbers: Iterable[str]) -> set[str]:
    """Which of another system's numbers complaints bear already."""
    mine = (Complaint.provider_id == work.provider_id, Complaint.external_system == system)
    query = select(Complaint.external_id).where(*mine, Complaint.external_id.in_(list(numbers)))
    return {number for number in (await work.session.execute(query)).scalars() if number is not None}


async def channels_by_code(work: UnitOfWork, codes: Iterable[str]) -> dict[str, UUID]:
    """The ids of channels by their codes."""
    query = select(Channel.code, Channel.id).where(Channel.provider_id == work.provider_id)
    found = await work.session.execute(query.where(Channel.code.in_(codes)))
    return {row.code: row.id for row in found}
