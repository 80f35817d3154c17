"""A provider's archive over HTTP, as each service offers it."""

from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from chassis.access import authenticate, permitted, unauthenticated
from chassis.db import UnitOfWork
from chassis.departure.archive import archive
from chassis.persons.sources import PersonDesk
from chassis.runtime import runtime_of
from chassis.trace import present_trace
from chassis.transactions import WorkRoute

LINES = "application/x-ndjson"
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {LINES: {"schema": {"type": "string"}}},
        "description": "One JSON object a line; the last has `rows`, without it the archive is not whole.",
    }
}


def archive_routes(service: str, desk: PersonDesk | None = None) -> APIRouter:
    """The route of one service's archive; `desk` is where it keeps what tells of persons."""
    router = APIRouter(prefix=f"/v1/services/{service}", tags=["archive"], route_class=WorkRoute)

    @router.get("/archive", name=f"take_{service}_archive", response_class=StreamingResponse, responses=ANSWER)
    async def take(
        request: Request, work: Annotated[UnitOfWork, permitted(f"{service}.archive.take")]
    ) -> StreamingResponse:
        """Every record that this service holds of the provider, with persons unmasked, as JSON Lines (全部数据导出)."""
        runtime, provider_id, caller = runtime_of(request), work.provider_id, authenticate(request)
        correlation = present_trace().correlation

        def opens() -> AbstractAsyncContextManager[UnitOfWork]:
            if runtime.verifier.revocations.hit(caller):
                raise unauthenticated()  # the stream ends short for one who was withdrawn meanwhile
            return runtime.database.work(provider_id, actor=caller, correlation=correlation)

        name = f'attachment; filename="{service}-{work.now:%Y-%m-%d}.jsonl"'
        headers = {"Content-Disposition": name}
        return StreamingResponse(archive(service, desk, opens), media_type=LINES, headers=headers)

    return router
