"""The risk service (clauses 7.6 and 7.7)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.composition import composed
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.risk import EVENTS
from services.risk.signals import routes as signals
from services.risk.signals.consumers import raise_signal

SERVICE = composed(
    Service(
        name="risk",
        package="services.risk",
        title=Text("Risk", "风险"),
        routers=(signals.router,),
        events=EVENTS,
        reactions=(raise_signal,),
    )
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
