"""What is done to trainings."""

from typing import Literal
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import clear_timers, set_timer
from chassis.providers import today_of, zone_of
from chassis.worktime import day_over
from contracts.projects import (
    TrainingFailed,
    TrainingGained,
    TrainingPassed,
    TrainingPlanned,
    TrainingReplanned,
    TrainingState,
    TrainingTaken,
    TrainingWithdrawn,
)
from services.projects.staff.queries import is_employed
from services.projects.trainings.models import Training
from services.projects.trainings.rules import LIFECYCLE, Facts
from services.projects.trainings.schemas import AssessIn, CertifyIn, PlanIn, RetakeIn, TakeIn, WithdrawIn

VALIDITY = "training_validity"
"""The clock of a qualification's last day."""


async def plan(work: UnitOfWork, body: PlanIn) -> Training:
    """Plans a training; 409 for who does not work for the provider."""
    facts = Facts(await today_of(work), employed=await is_employed(work, body.account_id))
    state = LIFECYCLE.begin("plan", facts, body=body, actor=work.actor, now=work.now)
    training = Training(
        provider_id=work.provider_id, id=new_id(), created_at=work.now, state=state, attempt=1, **body.model_dump()
    )
    work.add(training)
    record(work, training, TrainingPlanned)
    return training


async def take(work: UnitOfWork, training_id: UUID, body: TakeIn, expected: int | None) -> Training:
    """Notes that a training was taken."""
    training = await work.load(Training, training_id, expected)
    today = await today_of(work)
    LIFECYCLE.advance(training, "take", Facts(today), body=body, actor=work.actor, now=work.now)
    training.taken_on = body.taken_on or today
    record(work, training, TrainingTaken)
    return training


async def assess(
    work: UnitOfWork, training_id: UUID, step: Literal["pass", "fail"], body: AssessIn, expected: int | None
) -> Training:
    """Notes how a training ended; 409 names all that lacks, and a score that says otherwise."""
    training = await work.load(Training, training_id, expected)
    facts = Facts(await today_of(work), assessor_employed=await is_employed(work, body.assessor_id))
    LIFECYCLE.advance(training, step, facts, body=body, actor=work.actor, now=work.now)
    training.score, training.assessor_id = body.score, body.assessor_id
    record(work, training, TrainingPassed if step == "pass" else TrainingFailed)
    return training


async def retake(work: UnitOfWork, training_id: UUID, body: RetakeIn, expected: int | None) -> Training:
    """Plans a training that was failed once more; what the attempt came to stays in the journal."""
    training = await work.load(Training, training_id, expected)
    LIFECYCLE.advance(training, "retake", Facts(await today_of(work)), body=body, actor=work.actor, now=work.now)
    training.planned_on, training.attempt = body.planned_on, training.attempt + 1
    training.taken_on = training.score = training.assessor_id = None
    record(work, training, TrainingReplanned)
    return training


async def certify(work: UnitOfWork, training_id: UUID, body: CertifyIn, expected: int | None) -> Training:
    """Says from when to when a passed training qualifies, and by which document; 409 names all that lacks."""
    training = await work.load(Training, training_id, expected)
    LIFECYCLE.advance(training, "certify", Facts(await today_of(work)), body=body, actor=work.actor, now=work.now)
    assert body.valid_until is not None  # the guards have seen to it
    training.valid_from, training.valid_until, training.evidence = body.valid_from, body.valid_until, body.evidence
    set_timer(work, training.id, VALIDITY, "expire", day_over(body.valid_until, await zone_of(work)))
    record(work, training, TrainingGained)
    return training


async def withdraw(work: UnitOfWork, training_id: UUID, body: WithdrawIn, expected: int | None) -> Training:
    """Takes a training or the qualification by it back; it counts no more, not for the past either."""
    training = await work.load(Training, training_id, expected)
    LIFECYCLE.advance(training, "withdraw", Facts(await today_of(work)), body=body, actor=work.actor, now=work.now)
    training.cause = body.cause
    await clear_timers(work, training.id, VALIDITY)
    record(work, training, TrainingWithdrawn)
    return training


def record(work: UnitOfWork, training: Training, happened: type[TrainingState]) -> None:
    """Journals a step of a training, and tells it with the training's whole shared state."""
    names = (
        "account_id", "competence", "kind", "state", "attempt", "planned_on", "taken_on", "score", "assessor_id",
        "valid_from", "valid_until", "cause",
    )  # fmt: skip
    work.record(training, happened(training_id=training.id, **{name: getattr(training, name) for name in names}))
