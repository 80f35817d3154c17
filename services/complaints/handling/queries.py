"""Reads of who handles complaints."""

from uuid import UUID

from sqlalchemy import Date, Uuid, and_, bindparam, literal_column, or_, select

from chassis.db import UnitOfWork
from chassis.providers import today_of
from chassis.rows import Read
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import HANDLED
from services.complaints.staff.models import StaffCopy

_STATES = ", ".join(f"'{state}'" for state in sorted(HANDLED))
WITHOUT_HANDLER = Read(
    select(Complaint)
    .join(StaffCopy, and_(StaffCopy.provider_id == Complaint.provider_id, StaffCopy.id == Complaint.handler_id))
    .where(
        Complaint.provider_id == bindparam("provider_id"),
        literal_column(f"complaint.state IN ({_STATES})"),
        or_(
            ~StaffCopy.employed,
            and_(
                Complaint.backup_id.is_not(None),
                StaffCopy.absent_from <= bindparam("day", type_=Date()),
                StaffCopy.absent_until >= bindparam("day", type_=Date()),
            ),
        ),
        Complaint.id > bindparam("after", type_=Uuid()),
    )
    .order_by(Complaint.id)
    .limit(literal_column("100")),
    Complaint,
)


async def without_handler(work: UnitOfWork, after: UUID) -> list[Complaint]:
    """Complaints whose handler has left, or is absent today and has a backup, a hundred at most, those after an id."""
    return await work.read(WITHOUT_HANDLER, day=await today_of(work), after=after)
