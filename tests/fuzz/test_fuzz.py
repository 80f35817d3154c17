"""A short campaign of every operation and every caller, with few examples of each; and that a fault is found."""

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from tests.fuzz.callers import Caller
from tests.fuzz.campaign import campaign, fuzz

pytestmark = pytest.mark.long
ANYBODY = Caller("anybody", None, "")


def test_every_operation_keeps_to_the_document_whatever_it_is_sent() -> None:
    outcomes = campaign(seed=1, examples=3)
    assert [outcome.report for outcome in outcomes if not outcome.clean] == []
    assert all(outcome.tested for outcome in outcomes)


def test_an_operation_that_belies_its_document_is_found(tmp_path: Path) -> None:
    with served(faulty=False) as address:
        assert fuzz(ANYBODY, address, tmp_path, seed=1, examples=3).clean
    with served(faulty=True) as address:
        found = fuzz(ANYBODY, address, tmp_path, seed=1, examples=3)
    assert not found.clean
    assert "[418]" in found.report


@contextmanager
def served(*, faulty: bool) -> Iterator[str]:
    """The address of an application of one operation, which answers 418 where it must not."""
    app = FastAPI()

    @app.get("/things", operation_id="list_things")
    async def list_things(many: int = 1) -> list[int]:
        return [many]

    if faulty:
        app.middleware("http")(_teapot)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            running.join()


async def _teapot(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    asked = request.query_params.get("many", "").isdecimal()
    return Response(status_code=418) if asked else await call_next(request)
