"""The projects service (clauses 5 to 7)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.dead_letter_routes import dead_letter_routes
from chassis.providers import copy_provider
from chassis.service import Service
from chassis.settings import Settings, load
from chassis.tasks.routes import task_routes
from contracts.base import Text
from contracts.projects import EVENTS

SERVICE = Service(
    name="projects",
    package="services.projects",
    title=Text("Projects", "项目"),
    routers=(dead_letter_routes("projects"), task_routes("projects")),
    events=EVENTS,
    reactions=(copy_provider,),
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
