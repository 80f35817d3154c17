"""What every service behind the gateway has beside its slices."""

from dataclasses import replace

from chassis.dead_letter_routes import dead_letter_routes
from chassis.departure.erasure import ERASURE, erase_provider, erasing
from chassis.departure.routes import archive_routes
from chassis.persons.jobs import RETENTION, retention_sweep
from chassis.persons.routes import person_routes
from chassis.persons.sources import PersonDesk
from chassis.providers import copy_provider
from chassis.reconciliation.routes import reconciliation_routes
from chassis.service import Service
from chassis.tasks.routes import task_routes


def composed(service: Service, persons: PersonDesk | None = None) -> Service:
    """The whole service from its slices; `persons` is where it keeps what tells of persons, if it does."""
    name = service.name
    routers = (
        task_routes(name),
        archive_routes(name, persons),
        dead_letter_routes(name),
        reconciliation_routes(name),
    )
    whole = replace(
        service,
        routers=(*service.routers, *routers),
        reactions=(copy_provider, erase_provider, *service.reactions),
        timers={ERASURE: erasing(name), **service.timers},
    )
    if persons is None:
        return whole
    daily = {RETENTION: retention_sweep(persons), **service.daily}
    return replace(whole, routers=(*service.routers, person_routes(persons), *routers), daily=daily)
