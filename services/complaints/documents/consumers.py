"""What complaints keep of documents that serve clause 8.2, and of who has read them."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.reactions import reacts_to
from contracts.clauses import CLAUSES
from contracts.risk import (
    DocumentVersionCameIntoForce,
    DocumentVersionRepealed,
    DocumentVersionState,
    DocumentVersionSuperseded,
    ReadingConfirmed,
)
from services.complaints.documents.models import SystemReading, SystemVersion

OURS: Final = frozenset(one.id for one in CLAUSES["8.2"].requirements)


@reacts_to(DocumentVersionCameIntoForce, DocumentVersionSuperseded, DocumentVersionRepealed)
async def copy_system(work: UnitOfWork, received: Received[DocumentVersionState]) -> None:
    """Keeps the state of a system (制度) that serves clause 8.2, unless a newer one stands already."""
    state = received.data
    serves = _ours(state.serves)
    if state.kind != "system" or not serves:
        return
    row: dict[str, Any] = {
        "provider_id": work.provider_id,
        "id": state.document_version_id,
        "version": received.version,
        "document_id": state.document_id,
        "code": state.code,
        "number": state.number,
        "serves": serves,
        "in_force_from": state.in_force_from,
        "in_force_to": state.in_force_to,
    }
    statement = insert(SystemVersion).values(row)
    newer = SystemVersion.version < statement.excluded.version
    keys = ["provider_id", "id"]
    await work.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=row, where=newer))


@reacts_to(ReadingConfirmed)
async def copy_reading(work: UnitOfWork, received: Received[ReadingConfirmed]) -> None:
    """Keeps who has read what serves clause 8.2; a confirmation never changes."""
    reading = received.data
    if not _ours(reading.serves):
        return
    row = {
        "provider_id": work.provider_id,
        "id": reading.reading_id,
        "system_version_id": reading.document_version_id,
        "account_id": reading.account_id,
        "confirmed_at": reading.confirmed_at,
    }
    await work.session.execute(insert(SystemReading).values(row).on_conflict_do_nothing())


def _ours(requirements: Iterable[str]) -> list[str]:
    """Those of some requirements that clause 8.2 consists of."""
    return sorted(OURS.intersection(requirements))
