"""The satisfaction service (clauses 8.3 and 8.4)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.composition import composed
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.satisfaction import EVENTS

SERVICE = composed(
    Service(
        name="satisfaction",
        package="services.satisfaction",
        title=Text("Satisfaction", "满意度"),
        events=EVENTS,
    )
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
