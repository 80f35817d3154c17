"""The risk service (clauses 7.6 and 7.7)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.dead_letter_routes import dead_letter_routes
from chassis.providers import copy_provider
from chassis.service import Service
from chassis.settings import Settings, load
from chassis.tasks.routes import task_routes
from contracts.base import Text
from contracts.risk import EVENTS
from services.risk.signals import routes as signals
from services.risk.signals.consumers import raise_signal

SERVICE = Service(
    name="risk",
    package="services.risk",
    title=Text("Risk", "风险"),
    routers=(signals.router, dead_letter_routes("risk"), task_routes("risk")),
    events=EVENTS,
    reactions=(copy_provider, raise_signal),
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
