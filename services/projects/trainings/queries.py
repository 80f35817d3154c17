"""Reads of trainings."""

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from services.projects.trainings.models import Training
from services.projects.trainings.schemas import TrainingQuery

TRAININGS = Listing(
    Training,
    filters={
        "state": Training.state,
        "account_id": Training.account_id,
        "competence": Training.competence,
        "kind": Training.kind,
    },
    sorts={"-updated_at": Training.updated_at, "updated_at": Training.updated_at},
    updated_at=Training.updated_at,
)


async def list_trainings(work: UnitOfWork, asked: TrainingQuery) -> Rows[Training]:
    """A page of the provider's trainings."""
    return await TRAININGS.page(work, asked)
