"""The complaints service (clause 8.2)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.composition import composed
from chassis.messages.kinds import Outbound
from chassis.messages.routes import message_routes
from chassis.persons.sources import PersonDesk, PersonSource
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.complaints import EVENTS, MESSAGE_EVENTS, PersonDisclosed, PersonErased
from services.complaints.channels import routes as channels
from services.complaints.complaints import routes as complaints
from services.complaints.complaints.jobs import TIMERS
from services.complaints.complaints.queries import admit
from services.complaints.complaints.routes import attachments
from services.complaints.complaints.rules import CLOCKS
from services.complaints.imports import jobs
from services.complaints.imports import routes as imports
from services.complaints.notices.actions import ACKNOWLEDGEMENT
from services.complaints.notices.jobs import put_on_complaint
from services.complaints.parties import queries as parties
from services.complaints.parties.actions import erase as erase_party
from services.complaints.search import jobs as search_jobs
from services.complaints.search import routes as search

PERSONS = PersonDesk(
    "complaints",
    (
        PersonSource(
            data_class="complaint",
            title=Text("Persons in complaints", "投诉相关人员"),
            kept_years=5,
            tables=frozenset({"complaint", "complaint_party", "complaint_contact", "message", "file", "attachment"}),
            find=parties.find,
            tell=parties.tell,
            erase=erase_party,
            ended=parties.ended,
            everyone=parties.everyone,
        ),
    ),
    erased=PersonErased,
    disclosed=PersonDisclosed,
)

SERVICE = composed(
    Service(
        name="complaints",
        package="services.complaints",
        title=Text("Complaints", "投诉"),
        routers=(
            imports.router,
            complaints.router,
            search.router,
            attachments,
            channels.router,
            message_routes("complaints", MESSAGE_EVENTS, admit),
        ),
        events=EVENTS,
        timers={**TIMERS, **jobs.TIMERS, **search_jobs.TIMERS},
        tasks={rule.task.why: rule.task for rule in CLOCKS},
        messages=(Outbound(ACKNOWLEDGEMENT, put_on_complaint),),
        conflicts={
            "uq_channel_provider_id_code": Text("Another channel has this code.", "已有其他渠道使用该代码。"),
            "uq_complaint_provider_id_external_system_external_id": Text(
                "Another complaint has this external reference.", "已有其他投诉使用该外部编号。"
            ),
        },
    ),
    PERSONS,
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
