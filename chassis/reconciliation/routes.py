"""A service's comparisons with its producers over HTTP, for the installation's operators."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update

from chassis.access import of_installation
from chassis.db import UnitOfWork
from chassis.reconciliation.models import Reconciliation
from chassis.transactions import WorkRoute


class ReconciliationOut(BaseModel):
    """What the last comparison with a producer found, and when the next one is due."""

    model_config = ConfigDict(from_attributes=True)

    producer: str
    due_at: AwareDatetime
    finished_at: AwareDatetime | None = Field(description="When the last one came to its end; the figures are its.")
    hours: int = Field(description="Hours with events that were compared.")
    differing: int = Field(description="Hours whose digests differed.")
    missing: int = Field(description="Events that had neither been handled here nor been given up.")
    replayed: int = Field(description="Missing events that the producer has sent out again.")
    fault: str | None = Field(description="Why the last one did not come to its end; null when it did.")


class ReconciliationsOut(BaseModel):
    """One for each producer, of which there are as many as services."""

    items: list[ReconciliationOut]


def reconciliation_routes(service: str) -> APIRouter:
    """The routes of one service's comparisons."""
    router = APIRouter(prefix=f"/v1/services/{service}", tags=["reconciliations"], route_class=WorkRoute)

    async def read_reconciliations(
        work: Annotated[UnitOfWork, of_installation(f"{service}.reconciliation.read")],
    ) -> ReconciliationsOut:
        """What the last comparison with each producer found."""
        return await _all(work)

    async def run_reconciliations(
        work: Annotated[UnitOfWork, of_installation(f"{service}.reconciliation.run")],
    ) -> ReconciliationsOut:
        """Has the service compare with each producer within seconds, in whichever of its processes; safe to repeat."""
        sooner = func.least(Reconciliation.due_at, work.now)
        await work.session.execute(update(Reconciliation).values(due_at=sooner))
        return await _all(work)

    path = "/reconciliations"
    router.add_api_route(path, read_reconciliations, name=f"list_{service}_reconciliations")
    name = f"run_{service}_reconciliations"
    router.add_api_route(path, run_reconciliations, name=name, methods=["POST"], status_code=202)
    return router


async def _all(work: UnitOfWork) -> ReconciliationsOut:
    rows = (await work.session.execute(select(Reconciliation).order_by(Reconciliation.producer))).scalars()
    return ReconciliationsOut(items=[ReconciliationOut.model_validate(row) for row in rows])
