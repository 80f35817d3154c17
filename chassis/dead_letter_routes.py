"""A service's dead letters over HTTP, for the installation's operators."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.access import of_installation, operating
from chassis.db import UnitOfWork
from chassis.dead_letters import requeue
from chassis.errors import REFUSED, Objection, Problem
from chassis.exports import ListRoute
from chassis.paging import Listing, ListQuery, Page
from chassis.reactions import Reactor
from chassis.runtime import runtime_of
from chassis.schemas import Code
from chassis.tables import DeadLetter
from chassis.tokens import Caller
from contracts.base import Text

FAILED_AGAIN = Text("It failed again: {reason}.", "再次失败：{reason}。")
LETTERS = Listing(
    DeadLetter,
    filters={"producer": DeadLetter.producer},
    sorts={"-died_at": DeadLetter.died_at},
    updated_at=DeadLetter.died_at,
)


class DeadLetterOut(BaseModel):
    """A delivery that the service could not act upon."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    event_id: UUID | None
    producer: str
    sequence: int = Field(description="Place in the producer's stream.")
    reason: str = Field(description="What failed and where; it quotes nobody's words.")
    failures: int
    died_at: AwareDatetime


class DeadLetterQuery(ListQuery):
    """Filters of the list of dead letters."""

    producer: Code | None = None
    sort: Literal["-died_at"] = "-died_at"


class RequeuedOut(BaseModel):
    """A dead letter whose reactions have taken effect."""

    id: UUID


def dead_letter_routes(service: str) -> APIRouter:
    """The routes of one service's dead letters."""
    router = APIRouter(prefix=f"/v1/services/{service}", tags=["dead letters"], route_class=ListRoute)

    async def list_letters(
        asked: Annotated[DeadLetterQuery, Query()],
        work: Annotated[UnitOfWork, of_installation(f"{service}.dead_letter.read")],
    ) -> Page[DeadLetterOut]:
        """Deliveries that the service could not act upon, the youngest first."""
        rows = await LETTERS.page(work, asked)
        items = [DeadLetterOut.model_validate(letter) for letter in rows.items]
        return Page(items=items, next=rows.next, as_of=rows.as_of)

    async def requeue_letter(
        letter_id: UUID, request: Request, caller: Annotated[Caller, operating(f"{service}.dead_letter.requeue")]
    ) -> RequeuedOut:
        """Has a dead letter acted upon once more, after the cause was mended; safe to repeat."""
        reactor = Reactor(runtime_of(request).database, request.app.state.service.reactions)
        reason = await requeue(runtime_of(request).database, reactor, letter_id)
        if reason is not None:
            raise Problem(REFUSED, objections=[Objection("failed_again", FAILED_AGAIN.filled(reason=reason))])
        return RequeuedOut(id=letter_id)

    router.add_api_route("/dead-letters", list_letters, name=f"list_{service}_dead_letters")
    requeue_path = "/dead-letters/{letter_id}/requeue"
    router.add_api_route(requeue_path, requeue_letter, name=f"requeue_{service}_dead_letter", methods=["POST"])
    return router
