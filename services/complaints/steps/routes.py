"""The steps of a complaint over HTTP, one by one and in bulk."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.schemas import tag
from services.complaints.complaints.schemas import ComplaintOut
from services.complaints.steps.actions import TAKINGS, Taking, take
from services.complaints.steps.queries import complaint_out
from services.complaints.steps.rules import LIFECYCLE

BY_THE_CLOCK = frozenset({"time_out"})
"""Steps that nobody asks for."""

router = APIRouter(prefix="/v1", tags=["complaints"], route_class=IdempotentRoute)


def _offer(name: str, taking: Taking) -> None:
    """Makes the route of a step, which takes the step's own body."""

    async def step(
        complaint_id: UUID,
        body: Any,
        work: Annotated[UnitOfWork, permitted(LIFECYCLE.steps[name].permission)],
        response: Response,
        language: Language,
        expected: IfMatch,
    ) -> ComplaintOut:
        matter = await take(work, complaint_id, name, body, expected)
        tag(response, matter.complaint.version)
        return await complaint_out(matter, language)

    step.__name__ = f"{name}_complaint"
    step.__doc__ = taking.body.__doc__
    step.__annotations__["body"] = taking.body
    router.add_api_route(f"/complaints/{{complaint_id}}/{name}", step, methods=["POST"])


for _name, _taking in TAKINGS.items():
    if _name not in BY_THE_CLOCK:
        _offer(_name, _taking)
