"""Reads of notices."""

from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

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
