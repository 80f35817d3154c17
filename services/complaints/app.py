"""The complaints service (clause 8.2)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.dead_letter_routes import dead_letter_routes
from chassis.providers import copy_provider
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.complaints import EVENTS
from services.complaints.channels import routes as channels
from services.complaints.complaints import routes as complaints
from services.complaints.imports import jobs
from services.complaints.imports import routes as imports

SERVICE = Service(
    name="complaints",
    package="services.complaints",
    title=Text("Complaints", "投诉"),
    routers=(channels.router, imports.router, complaints.router, dead_letter_routes("complaints")),
    events=EVENTS,
    reactions=(copy_provider,),
    timers=jobs.TIMERS,
    conflicts={
        "uq_channel_provider_id_code": Text("Another channel has this code.", "已有其他渠道使用该代码。"),
        "uq_complaint_provider_id_external_system_external_id": Text(
            "Another complaint has this external reference.", "已有其他投诉使用该外部编号。"
        ),
    },
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
