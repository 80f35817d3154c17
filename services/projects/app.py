"""The projects service (clauses 5 to 7)."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.composition import composed
from chassis.service import Service
from chassis.settings import Settings, load
from contracts.base import Text
from contracts.projects import EVENTS
from services.projects.appointments import jobs as appointments_jobs
from services.projects.appointments import routes as appointments
from services.projects.departments import routes as departments
from services.projects.staff import routes as staff
from services.projects.trainings import jobs as trainings_jobs
from services.projects.trainings import routes as trainings

SERVICE = composed(
    Service(
        name="projects",
        package="services.projects",
        title=Text("Projects", "项目"),
        routers=(departments.router, staff.router, trainings.router, appointments.router),
        events=EVENTS,
        timers={**trainings_jobs.TIMERS, **appointments_jobs.TIMERS},
        conflicts={
            "uq_department_provider_id_code": Text(
                "Another department or team has this code.", "已有其他部门或团队使用该代码。"
            ),
            "uq_staff_provider_id_staff_number": Text(
                "Another member of staff has this number, or had it.", "该工号已由其他员工使用或曾使用。"
            ),
            "pk_staff": Text("This person is a member of staff already.", "此人已登记为员工。"),
        },
    )
)


def app_from_environment() -> FastAPI:
    """The application as a process starts it."""
    return create_app(SERVICE, load(Settings, SERVICE.name))
