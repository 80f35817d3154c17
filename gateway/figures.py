"""The gateway's figures, for the installation's operator: its port is open to others, unlike those of the services."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from chassis import health
from chassis.access import operating
from chassis.tokens import Caller

router = APIRouter(tags=["operation"])


@router.get("/metrics", response_class=PlainTextResponse)
async def read_metrics(request: Request, caller: Annotated[Caller, operating("gateway.metrics.read")]) -> Response:
    """The figures of this gateway's process in the format of Prometheus."""
    return await health.metrics(request)
