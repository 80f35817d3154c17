"""The satisfaction service (clauses 8.3 and 8.4)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.dead_letter_routes import dead_letter_routes
from chassis.providers import copy_provider
from chassis.service import Service
from chassis.settings import Settings, load
from chassis.tasks.routes import task_routes
from contracts.base import Text
from contracts.satisfaction import EVENTS

SERVICE = Service(
    name="satisfaction",
    package="services.satisfaction",
    title=Text("Satisfaction", "满意度"),
    routers=(dead_letter_routes("satisfaction"), task_routes("satisfaction")),
    events=EVENTS,
    reactions=(copy_provider,),
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
