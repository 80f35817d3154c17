"""What the clock does with versions of documents: it brings them into force, and asks for their review."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.jobs import TimerHandler, locked
from chassis.rows import by_id
from services.risk.documents.actions import IN_FORCE_CLOCK, REVIEW_CLOCK, ask_for_review, come_into_force
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.rules import State


def _in_state(state: State, act: Callable[[UnitOfWork, DocumentVersion], Awaitable[None]]) -> TimerHandler:
    """A handler that acts on a version while it is in a state: what has become of it otherwise asks for nothing."""

    async def handle(work: UnitOfWork, record: UUID, step: str) -> None:
        found = await work.read(by_id(DocumentVersion), id=record)
        if not found or await locked(work, Document, found[0].document_id) is None:
            return
        version = await work.load(DocumentVersion, record)
        if version.state == state:
            await act(work, version)

    return handle


TIMERS = {
    IN_FORCE_CLOCK: _in_state(State.APPROVED, come_into_force),
    REVIEW_CLOCK: _in_state(State.IN_FORCE, ask_for_review),
}
