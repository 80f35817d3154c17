"""Whether a process lives and is ready, and its figures."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select, text

from chassis.faults import problem_of
from chassis.logs import log
from chassis.metrics import DEGRADED, OUTBOX_ROWS
from chassis.runtime import Runtime, runtime_of
from chassis.tables import Outbox

OUTBOX_LIMIT = 100_000

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> PlainTextResponse:
    """The loop turns."""
    return PlainTextResponse("alive\n")


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """The database answers, migrations are at head, the outbox is below its limit; other faults only show."""
    runtime = runtime_of(request)
    try:
        faults = await _faults(runtime)
    except Exception as error:
        if problem_of(error, {}) is None:
            log.error("readiness could not be told", exc_info=True)
        faults = ["database"]
    status = 503 if faults else 200
    return JSONResponse({"ready": not faults, "faults": faults, "degraded": sorted(runtime.degraded())}, status)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The figures of this process for Prometheus."""
    degraded = runtime_of(request).degraded()
    DEGRADED.set(len(degraded))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _faults(runtime: Runtime) -> list[str]:
    async with runtime.database.connection() as (connection, _):
        waiting = (await connection.execute(select(func.count()).select_from(_bounded_outbox()))).scalar_one()
        revision = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    OUTBOX_ROWS.set(waiting)
    checks: dict[str, Any] = {"outbox": waiting <= OUTBOX_LIMIT, "migrations": revision == runtime.revision}
    return [name for name, good in checks.items() if not good]


def _bounded_outbox() -> Any:
    return select(Outbox.seq).limit(OUTBOX_LIMIT + 1).subquery()
