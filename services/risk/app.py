"""The risk service (clauses 7.6 and 7.7)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.composition import composed
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.risk import EVENTS
from services.risk.documents import routes as documents
from services.risk.documents.jobs import TIMERS
from services.risk.documents.rules import CONFIRMED, TASKS
from services.risk.readings import routes as readings
from services.risk.signals import routes as signals
from services.risk.signals.consumers import raise_signal, raise_signals_of_decision

SERVICE = composed(
    Service(
        name="risk",
        package="services.risk",
        title=Text("Risk", "风险"),
        routers=(signals.router, readings.router, documents.router, documents.attachments),  # “to-read” is no id
        events=EVENTS,
        reactions=(raise_signal, raise_signals_of_decision),
        timers=TIMERS,
        tasks={kind.why: kind for kind in TASKS},
        conflicts={
            "uq_document_provider_id_code": Text("Another document has this code.", "已有其他文件使用该代码。"),
            "uq_reading_provider_id_document_version_id_account_id": CONFIRMED,
        },
    )
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
