"""A service of a test's own routes, on the database of projects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter

from chassis.app import create_app
from chassis.clock import Clock, utc_now
from chassis.service import Service
from contracts.base import Text
from tests.make.house import House

NAME, PACKAGE = "projects", "services.projects"


@asynccontextmanager
async def serving(house: House, router: APIRouter, *, clock: Clock = utc_now, **changes: Any) -> AsyncIterator[House]:
    """The house with one service that has these routes; `changes` are settings."""
    service = Service(NAME, PACKAGE, Text("Stub", "样例"), routers=(router,))
    app = create_app(service, house.settings(NAME, **{"worker": "off", **changes}), clock=clock)
    async with app.router.lifespan_context(app):
        yield House(house.servers, {NAME: app})
