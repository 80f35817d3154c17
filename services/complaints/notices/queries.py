"""Reads of notices."""

from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from chassis.db import UnitOfWork
from chassis.messages.models import Message
from chassis.messages.rules import UNREACHED
from chassis.rows import Read
from services.complaints.complaints.models import Complaint, NoticeCopy, Party
from services.complaints.complaints.queries import merged_into_one

WITH_MERGED = Read(
    select(Party, Complaint)
    .join(Complaint, (Complaint.provider_id == Party.provider_id) & (Complaint.id == Party.complaint_id))
    .where(Party.provider_id == bindparam("provider_id"), Party.complaint_id.in_(select(merged_into_one().c.id)))
    .order_by(Party.id),
    Party,
    Complaint,
)
"""The parties of the complaints that were merged into one, each with its own complaint."""
COPIES_TO = Read(
    select(NoticeCopy)
    .where(
        NoticeCopy.provider_id == bindparam("provider_id"),
        NoticeCopy.party_id == any_(bindparam("parties", type_=ARRAY(Uuid()))),
    )
    .order_by(NoticeCopy.id),
    NoticeCopy,
)


async def lately_unreached(work: UnitOfWork, complaint_id: UUID) -> bool:
    """Whether the last that was written to somebody about a complaint reached nobody; who has withdrawn counts not."""
    last = (
        select(Message.person_id, Message.state)
        .join(Party, (Party.provider_id == Message.provider_id) & (Party.id == Message.person_id))
        .where(Message.provider_id == work.provider_id, Message.record_id == complaint_id, Party.withdrawn_at.is_(None))
        .ext(distinct_on(Message.person_id))
        .order_by(Message.person_id, Message.created_at.desc(), Message.id.desc())
    )
    return any(state in UNREACHED for _, state in await work.session.execute(last))


async def has_withdrawn(work: UnitOfWork, party_id: UUID) -> bool:
    """Whether a party has withdrawn."""
    return (await work.session.get_one(Party, (work.provider_id, party_id))).withdrawn_at is not None
