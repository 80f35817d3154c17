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
from services.complaints.conformance import routes as conformance
from services.complaints.documents.consumers import copy_reading, copy_system
from services.complaints.dossiers import routes as dossiers
from services.complaints.external_cases import jobs as external_case_jobs
from services.complaints.external_cases import routes as external_cases
from services.complaints.external_cases.rules import REPLYING
from services.complaints.figures import jobs as figures
from services.complaints.follow_ups import jobs as follow_up_jobs
from services.complaints.forms import routes as forms
from services.complaints.handling.jobs import DAILY
from services.complaints.imports import jobs
from services.complaints.imports import routes as imports
from services.complaints.indicators import routes as indicators
from services.complaints.investigations import jobs as investigations
from services.complaints.mailbox import routes as mailbox
from services.complaints.notices.actions import ACKNOWLEDGEMENT, LATER
from services.complaints.notices.jobs import note_unreached, put_on_complaint
from services.complaints.parties import queries as parties
from services.complaints.parties.actions import erase as erase_party
from services.complaints.parties.actions import note_erasure
from services.complaints.policies import routes as policies
from services.complaints.proposals import routes as proposals
from services.complaints.proposals.consumers import propose_complaint
from services.complaints.proposals.rules import CONFIRMING
from services.complaints.publications import jobs as publication_jobs
from services.complaints.publications import routes as publications
from services.complaints.publications.rules import CHECKING, CORRECTING
from services.complaints.registers import jobs as register_jobs
from services.complaints.registers import routes as registers
from services.complaints.reports import routes as reports
from services.complaints.reviews import jobs as review_jobs
from services.complaints.reviews import routes as reviews
from services.complaints.reviews.rules import REVIEWING
from services.complaints.search import jobs as search_jobs
from services.complaints.search import routes as search
from services.complaints.staff.consumers import copy_appointment, copy_department, copy_staff, copy_training
from services.complaints.steps import routes as steps
from services.complaints.tasks.rules import CONTROLLING, DELIVERING, HEARING, HEARING_INSTEAD, TASKS
from services.complaints.waivers.consumers import link_recorded_improvement

PERSONS = PersonDesk(
    "complaints",
    (
        PersonSource(
            data_class="complaint",
            title=Text("Persons in complaints", "投诉相关人员"),
            kept_years=5,
            tables=frozenset(
                {
                    "complaint",
                    "complaint_party",
                    "complaint_contact",
                    "handling_record",
                    "notice_copy",
                    "external_case",
                    "message",
                    "file",
                    "attachment",
                }
            ),
            find=parties.find,
            tell=parties.tell,
            erase=erase_party,
            ended=parties.ended,
            everyone=parties.everyone,
            noted=note_erasure,
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
            steps.router,
            mailbox.router,
            search.router,
            attachments,
            policies.router,
            proposals.router,
            dossiers.router,
            forms.router,
            registers.router,
            reviews.router,
            channels.router,
            publications.router,
            publications.attachments,
            external_cases.router,
            indicators.router,
            reports.router,
            conformance.router,
            message_routes("complaints", MESSAGE_EVENTS, admit),
        ),
        events=EVENTS,
        reactions=(
            copy_department,
            copy_staff,
            copy_training,
            copy_appointment,
            copy_system,
            copy_reading,
            propose_complaint,
            link_recorded_improvement,
        ),
        timers={
            **TIMERS,
            **jobs.TIMERS,
            **investigations.TIMERS,
            **follow_up_jobs.TIMERS,
            **publication_jobs.TIMERS,
            **external_case_jobs.TIMERS,
            **search_jobs.TIMERS,
            **register_jobs.TIMERS,
            **figures.TIMERS,
        },
        daily={**DAILY, **register_jobs.DAILY, **review_jobs.DAILY, **figures.DAILY},
        soon=figures.SOON,
        tasks={
            kind.why: kind
            for kind in (
                *(rule.task for rule in CLOCKS),
                *TASKS,
                *DELIVERING,
                *CONTROLLING,
                HEARING,
                HEARING_INSTEAD,
                CHECKING,
                CORRECTING,
                REPLYING,
                CONFIRMING,
                REVIEWING,
            )
        },
        messages=(
            Outbound(ACKNOWLEDGEMENT, put_on_complaint),
            *(Outbound(kind, note_unreached) for kind in LATER),
        ),
        conflicts={
            "uq_channel_provider_id_code": Text("Another channel has this code.", "已有其他渠道使用该代码。"),
            "uq_external_case_provider_id_complaint_id_body_reference": Text(
                "Another case of the complaint has this number.", "该投诉已有使用该编号的外部案件。"
            ),
            "uq_register_provider_id_year": Text("The register of this year was closed before.", "该年度台账已封账。"),
            "uq_desk_policy_provider_id_number": Text(
                "Another version of the policy was published at the same moment.", "同时有另一版处理规则发布。"
            ),
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
