"""The steps of a complaint over HTTP, one by one and in bulk."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.schemas import objection_out, tag
from contracts.base import Text
from services.complaints.complaints.schemas import ComplaintOut
from services.complaints.steps.actions import TAKINGS, Outcome, Taking, take, take_for_many
from services.complaints.steps.queries import complaint_out
from services.complaints.steps.rules import LIFECYCLE
from services.complaints.steps.schemas import BulkIn, BulkItem, BulkOut

BY_ITSELF = frozenset({"time_out", "reopen_by_ruling", "admit_by_ruling"})
"""Steps that follow from something else, and that nobody asks for."""

UNKNOWN_STEP = Text("There is no such step.", "没有该步骤。")

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
    router.add_api_route(f"/complaints/{{complaint_id}}/{name.replace('_', '-')}", step, methods=["POST"])


for _name, _taking in TAKINGS.items():
    if _name not in BY_ITSELF:
        _offer(_name, _taking)


@router.post("/complaints/bulk")
async def take_step_for_many(
    body: BulkIn, work: Annotated[UnitOfWork, permitted("complaints.complaint.bulk")], language: Language
) -> BulkOut:
    """Takes one step for many complaints, at most 100: each by the same rules as alone (批量办理)."""
    if body.step in BY_ITSELF or body.step not in TAKINGS:
        raise invalid("/step", "unknown_step", UNKNOWN_STEP)
    try:
        asked = TAKINGS[body.step].body.model_validate(body.body)
    except ValidationError as error:
        found: list[Any] = error.errors(include_input=False, include_url=False)
        within = [{**one, "loc": ("body", "body", *one["loc"])} for one in found]
        raise RequestValidationError(within) from None
    outcomes = await take_for_many(work, body.ids, body.step, asked)
    return BulkOut(items=[_bulk_item(one, language) for one in outcomes])


def _bulk_item(one: Outcome, language: str) -> BulkItem:
    if one.matter is not None:
        complaint = one.matter.complaint
        return BulkItem(id=one.complaint_id, taken=True, version=complaint.version, state=complaint.state)
    assert one.problem is not None
    refused = [objection_out(objection, language) for objection in one.problem.objections]
    return BulkItem(id=one.complaint_id, taken=False, problem=one.problem.kind.code, objections=refused)
