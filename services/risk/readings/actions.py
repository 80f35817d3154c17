"""What people do with documents: they confirm having read them."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from contracts.risk import ReadingConfirmed
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.queries import facts_of
from services.risk.documents.rules import LIFECYCLE, account_of
from services.risk.readings.models import Reading


async def confirm_reading(work: UnitOfWork, version_id: UUID) -> DocumentVersion:
    """Notes that the caller has read a version, once; 409 for a machine, and for a version that is not to be read.

    The version stays as it is: any number of people confirm at the same time.
    """
    version = await work.find(DocumentVersion, version_id)
    document = await work.find(Document, version.document_id)
    facts = await facts_of(work, version, document)
    LIFECYCLE.advance(version, "confirm_reading", facts, body=None, actor=work.actor, now=work.now)
    account_id = account_of(work.actor)
    assert account_id is not None  # a guard has seen to it
    reading = Reading(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        document_version_id=version.id,
        account_id=account_id,
        confirmed_at=work.now,
    )
    work.add(reading)
    confirmed = ReadingConfirmed(
        reading_id=reading.id,
        document_version_id=version.id,
        document_id=version.document_id,
        number=version.number,
        serves=version.serves,
        account_id=account_id,
        confirmed_at=reading.confirmed_at,
    )
    work.record(reading, confirmed)
    return version
