"""The application factory: from a service's description to its HTTP process."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from chassis import health
from chassis.bodies import BodySizes
from chassis.clock import Clock, utc_now
from chassis.edge import BodyLimit, Observed, on_exception
from chassis.errors import Problem
from chassis.logs import configure_logs
from chassis.openapi import document_of
from chassis.revisions import head_of
from chassis.revocations import Feed, RevocationFeed
from chassis.runtime import new_runtime
from chassis.service import Service
from chassis.settings import Settings
from chassis.worker import Worker

VERSION = "0.1.0"
YOUNG_OBJECTS = 10_000
"""New objects after which Python looks for rings among them: some twenty requests' worth, not one's."""


def create_app(service: Service, settings: Settings, *, clock: Clock = utc_now) -> FastAPI:
    """The application of a service: its slices' routes, health, problems, and its worker unless that runs elsewhere."""
    app = FastAPI(
        title=service.title.en,
        version=VERSION,
        routes=[*service.routes, *health.router.routes],  # the first that matches answers: a service may guard /metrics
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # `Observed` logs and measures
    )
    app.state.service, app.state.conflicts = service, service.conflicts
    app.state.runtime = new_runtime(settings, head_of(service), clock)
    app.state.feed = RevocationFeed(settings.gateway_url, app.state.runtime.verifier.revocations)
    for kind in (Problem, RequestValidationError, HTTPException, SQLAlchemyError, OSError):
        app.add_exception_handler(kind, on_exception)
    app.add_middleware(BodyLimit, most_bytes=BodySizes(app, service.name).of)
    app.add_middleware(Observed, conflicts=service.conflicts)
    document: Callable[[], dict[str, Any]] = lambda: document_of(app, service.name)  # noqa: E731
    app.openapi = document  # type: ignore[method-assign]
    configure_logs(service.name, settings.log_level)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    runtime, service = app.state.runtime, app.state.service
    feed: Feed = app.state.feed
    runtime.watched["revocations"] = feed.fault
    following = asyncio.create_task(feed.run())
    worker = None
    if runtime.settings.worker == "on":
        worker = Worker(service, runtime.settings, runtime.vault, runtime.clock)
        runtime.watched["broker"] = lambda: worker.broker.degraded
        runtime.watched["reconciliation"] = worker.reconciler.fault
        runtime.database.on_journal(worker.relay.wake)
        await worker.start()
    gc.collect()
    gc.freeze()  # what stands by now stays: a collection need not look through all of it again
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        yield
    finally:
        following.cancel()
        if worker is not None:
            await worker.stop()
        await runtime.database.close()
