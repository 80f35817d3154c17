"""Signals over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.exports import ListRoute
from chassis.paging import Page
from chassis.schemas import tag
from services.risk.signals import queries
from services.risk.signals.models import Signal
from services.risk.signals.schemas import SignalOut, SignalQuery

router = APIRouter(prefix="/v1", tags=["signals"], route_class=ListRoute)


@router.get("/signals")
async def list_signals(
    asked: Annotated[SignalQuery, Query()], work: Annotated[UnitOfWork, permitted("risk.signal.read")]
) -> Page[SignalOut]:
    """What happened elsewhere and is to be analysed for risk, for example `?source=` a complaint."""
    rows = await queries.list_signals(work, asked)
    items = [SignalOut.model_validate(signal) for signal in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/signals/{signal_id}")
async def read_signal(
    signal_id: UUID, work: Annotated[UnitOfWork, permitted("risk.signal.read")], response: Response
) -> SignalOut:
    """A signal."""
    signal = await work.find(Signal, signal_id)
    tag(response, signal.version)
    return SignalOut.model_validate(signal)
