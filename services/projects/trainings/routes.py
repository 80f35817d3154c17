"""Trainings over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.providers import today_of
from chassis.schemas import open_steps_out, tag
from services.projects.trainings import actions, queries
from services.projects.trainings.models import Training
from services.projects.trainings.rules import LIFECYCLE, Facts
from services.projects.trainings.schemas import (
    AssessIn,
    CertifyIn,
    PlanIn,
    RetakeIn,
    TakeIn,
    TrainingItem,
    TrainingOut,
    TrainingQuery,
    WithdrawIn,
)

router = APIRouter(prefix="/v1", tags=["trainings"], route_class=IdempotentRoute)


@router.post("/trainings", status_code=201)
async def plan_training(
    body: PlanIn,
    work: Annotated[UnitOfWork, permitted("projects.training.plan")],
    response: Response,
    language: Language,
) -> TrainingOut:
    """Plans a training of a member of staff (安排培训)."""
    training = await actions.plan(work, body)
    out = await _out(work, training, response, language)
    tag(response, training.version, f"/v1/trainings/{training.id}")
    return out


@router.get("/trainings")
async def list_trainings(
    asked: Annotated[TrainingQuery, Query()], work: Annotated[UnitOfWork, permitted("projects.training.read")]
) -> Page[TrainingItem]:
    """The trainings of the provider's staff."""
    rows = await queries.list_trainings(work, asked)
    return Page(items=[TrainingItem.model_validate(one) for one in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/trainings/{training_id}")
async def read_training(
    training_id: UUID,
    work: Annotated[UnitOfWork, permitted("projects.training.read")],
    response: Response,
    language: Language,
) -> TrainingOut:
    """A training."""
    return await _out(work, await work.find(Training, training_id), response, language)


@router.post("/trainings/{training_id}/take")
async def take_training(
    training_id: UUID,
    body: TakeIn,
    work: Annotated[UnitOfWork, permitted("projects.training.plan")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> TrainingOut:
    """Records that a training was taken (参训)."""
    return await _out(work, await actions.take(work, training_id, body, expected), response, language)


@router.post("/trainings/{training_id}/pass")
async def pass_training(
    training_id: UUID,
    body: AssessIn,
    work: Annotated[UnitOfWork, permitted("projects.training.assess")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> TrainingOut:
    """Records that a training was passed, with score and assessor (考核合格)."""
    return await _out(work, await actions.assess(work, training_id, "pass", body, expected), response, language)


@router.post("/trainings/{training_id}/fail")
async def fail_training(
    training_id: UUID,
    body: AssessIn,
    work: Annotated[UnitOfWork, permitted("projects.training.assess")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> TrainingOut:
    """Records that a training was failed; it can be taken once more (考核不合格)."""
    return await _out(work, await actions.assess(work, training_id, "fail", body, expected), response, language)


@router.post("/trainings/{training_id}/retake")
async def retake_training(
    training_id: UUID,
    body: RetakeIn,
    work: Annotated[UnitOfWork, permitted("projects.training.plan")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> TrainingOut:
    """Plans a training that was failed once more (补考)."""
    return await _out(work, await actions.retake(work, training_id, body, expected), response, language)


@router.post("/trainings/{training_id}/certify")
async def certify_training(
    training_id: UUID,
    body: CertifyIn,
    work: Annotated[UnitOfWork, permitted("projects.training.certify")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> TrainingOut:
    """Certifies a passed training: from when to when it qualifies, and what proves it (认定资格)."""
    return await _out(work, await actions.certify(work, training_id, body, expected), response, language)


@router.post("/trainings/{training_id}/withdraw")
async def withdraw_training(
    training_id: UUID,
    body: WithdrawIn,
    work: Annotated[UnitOfWork, permitted("projects.training.withdraw")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> TrainingOut:
    """Takes a training, or the qualification by it, back (撤销)."""
    return await _out(work, await actions.withdraw(work, training_id, body, expected), response, language)


async def _out(work: UnitOfWork, training: Training, response: Response, language: str) -> TrainingOut:
    tag(response, training.version)
    steps = LIFECYCLE.open_steps(training, Facts(await today_of(work)), actor=work.actor, now=work.now)
    return TrainingOut(**TrainingItem.model_validate(training).model_dump(), open_steps=open_steps_out(steps, language))
