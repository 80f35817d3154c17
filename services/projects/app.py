"""The projects service (clauses 5 to 7)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.composition import composed
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.projects import EVENTS

SERVICE = composed(
    Service(
        name="projects",
        package="services.projects",
        title=Text("Projects", "项目"),
        events=EVENTS,
    )
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
