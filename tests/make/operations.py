"""Every operation of every service, as its routes declare it; needs no server."""

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.access import Access
from chassis.db import UnitOfWork
from chassis.openapi import access_of, document_of, routes_of
from chassis.service import Service, service_of
from deploy.topology import SERVICES


@dataclass(frozen=True)
class Operation:
    """One route of a service and one method of it, with what the OpenAPI document says of it."""

    service: str
    method: str
    path: str
    route: APIRoute
    access: Access | None
    description: dict[str, Any]

    @property
    def name(self) -> str:
        """The operation id."""
        return self.route.name

    @property
    def opens_work(self) -> bool:
        """Whether its access opens a unit of work."""
        return self.access is not None and inspect.signature(type(self.access).__call__).return_annotation is UnitOfWork

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters in the path."""
        return list(dict.fromkeys(one.alias for one in self.route.dependant.path_params)) if "{" in self.path else []

    def __str__(self) -> str:
        return f"{self.service}: {self.method} {self.path}"


@cache
def description_of(name: str) -> Service:
    """The service of a name."""
    return service_of(SERVICES[name])


@cache
def application_of(name: str) -> FastAPI:
    """An application with the routes of a service and nothing behind them."""
    service = description_of(name)
    return FastAPI(title=service.title.en, routes=service.routes, openapi_url=None, docs_url=None, redoc_url=None)


@cache
def operations() -> tuple[Operation, ...]:
    """All operations, by service and path."""
    found = []
    for name in SERVICES:
        app = application_of(name)
        paths = document_of(app, name)["paths"]
        for route in routes_of(app):
            for method in sorted(route.methods or ()):
                description = paths[route.path_format][method.lower()]
                access = access_of(route)
                found.append(Operation(name, method, route.path_format, route, access, description))
    return tuple(sorted(found, key=str))
