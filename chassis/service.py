"""What a service is made of, as data: the chassis does the rest."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.routing import BaseRoute

from chassis.jobs import TimerHandler
from chassis.messages.kinds import Outbound
from chassis.reactions import Reaction
from chassis.tasks.rules import TaskKind
from contracts.base import Event, Text


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, its package, its slices' routers, events, reactions, timers, messages, tasks, conflicts.

    `daily` are sweeps that run once a day within each provider, by name, `soon` those that run shortly after anything
    was journalled there. `tasks` are the kinds of task that it gives to people, by their codes. `conflicts` maps the
    name of a unique constraint to what its violation means to a caller.
    """

    name: str
    package: str
    title: Text
    routers: tuple[APIRouter, ...] = ()
    events: Mapping[str, type[Event]] = field(default_factory=dict)
    reactions: tuple[Reaction, ...] = ()
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    daily: Mapping[str, TimerHandler] = field(default_factory=dict)
    soon: Mapping[str, TimerHandler] = field(default_factory=dict)
    messages: tuple[Outbound, ...] = ()
    tasks: Mapping[str, TaskKind] = field(default_factory=dict)
    conflicts: Mapping[str, Text] = field(default_factory=dict)

    @property
    def routes(self) -> list[BaseRoute]:
        """Its routes, which an application has as they are: of an included router FastAPI asks every route twice."""
        return [route for router in self.routers for route in router.routes]


def service_of(package: str) -> Service:
    """The service that a package holds, for example `services.complaints`."""
    service: Service = importlib.import_module(f"{package}.app").SERVICE
    return service
