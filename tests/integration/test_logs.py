"""Logs tell what happened and where, in JSON, and nothing of what people sent."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.logs import configure_logs, log
from chassis.tables import Provider
from chassis.transactions import WorkRoute
from tests.make.complaints import acknowledge, complaint, made, receive
from tests.make.house import House, Tenant
from tests.make.stub import NAME, serving

CANARY = "canary-8325"
READ = "complaints.complaint.read"

router = APIRouter(prefix="/v1", route_class=WorkRoute)


class WordsIn(BaseModel):
    """What the routes of these tests take."""

    words: str


class Shape(BaseModel):
    """What they answer."""

    width: int


@router.post("/doubled")
async def double(body: WordsIn, work: Annotated[UnitOfWork, permitted(READ)]) -> None:
    for _ in range(2):
        work.add(Provider(id=work.provider_id, slug=body.words, version=1, state={"name": body.words}))
    await work.flush()


@router.post("/misspelt")
async def misspell(body: WordsIn, work: Annotated[UnitOfWork, permitted(READ)]) -> None:
    await work.session.execute(text("SELECT CAST(CAST(:words AS text) AS uuid)"), {"words": body.words})


@router.post("/misspelt-by-the-driver")
async def misspell_directly(body: WordsIn, work: Annotated[UnitOfWork, permitted(READ)]) -> None:
    await work.driver.fetch("SELECT $1::text::uuid", body.words)


@router.post("/misshapen", response_model=Shape)
async def misshape(body: WordsIn) -> Any:
    return {"width": body.words}


@router.post("/invalid")
async def invalidate(body: WordsIn) -> None:
    Shape.model_validate({"width": body.words})


@router.post("/wrong")
async def go_wrong(body: WordsIn) -> None:
    raise RuntimeError("the door is stuck")


@pytest.fixture
async def stub(house: House) -> AsyncIterator[House]:
    """A service with these routes that logs all it can."""
    async with serving(house, router, log_level="debug") as stub:
        yield stub
    configure_logs(NAME, "error")


def entries(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.parametrize("path", ["doubled", "misspelt", "misspelt-by-the-driver", "misshapen", "invalid", "wrong"])
async def test_a_failed_request_is_found_by_its_trace_and_shows_nothing_of_its_body(
    stub: House, tenant: Tenant, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    async with stub.client(NAME, tenant, "administrator") as client:
        answer = await client.post(f"/v1/{path}", json={"words": CANARY})
    assert answer.status_code == 500, answer.text
    printed = capsys.readouterr().out
    assert CANARY not in printed
    assert str(tenant.id) not in printed
    mine = [one for one in entries(printed) if one.get("trace_id") == answer.json()["trace_id"]]
    failed, request = (one for one in mine if one["level"] in {"error", "info"})
    assert (failed["level"], failed["service"]) == ("error", NAME)
    assert "Error" in failed["exception"]
    assert "test_logs.py" in failed["exception"] or path == "misshapen"
    assert {name: request[name] for name in ("message", "method", "status")} == {
        "message": "request",
        "method": "POST",
        "status": 500,
    }
    assert request["ms"] > 0


async def test_what_is_no_quotation_is_told(stub: House, tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    async with stub.client(NAME, tenant, "administrator") as client:
        await client.post("/v1/wrong", json={"words": CANARY})
        await client.post("/v1/misspelt", json={"words": CANARY})
    told = [one["exception"] for one in entries(capsys.readouterr().out) if "exception" in one]
    assert told[0].endswith("RuntimeError: the door is stuck")
    assert told[1].endswith("DBAPIError")


@pytest.mark.clause("8.2")
async def test_a_complaint_leaves_no_word_of_its_own_in_the_logs(
    house: House, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("complaints", "debug")
    try:
        async with house.client("complaints", tenant, "administrator") as client:
            body = complaint(
                words=f"{CANARY} words",
                title=f"{CANARY} title",
                parties=[{"name": f"{CANARY} name", "telephone": "+86 139 8325 8325", "address": f"{CANARY} street"}],
            )
            received = await receive(client, **body)
            await acknowledge(client, received["id"], words=f"{CANARY} note")
            refused = await client.post("/v1/complaints", json=body | {"parties": f"{CANARY} no list"})
            made(refused, 422)
            made(await client.get("/v1/complaints", params={"category": f"{CANARY}".upper()}), 422)
            await client.get(f"/v1/public/{tenant.slug}/complaints/{CANARY}", headers={"Receipt-Code": CANARY})
    finally:
        configure_logs("complaints", "error")
    printed = capsys.readouterr().out
    assert len([one for one in entries(printed) if one["message"] == "request"]) >= 5
    for word in (CANARY, CANARY.upper(), "8325", received["receipt_code"], received["receipt_number"]):
        assert word not in printed, word


def test_lines_of_libraries_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("doors", "info")
    try:
        logging.getLogger("somebody.else").warning("it is %s", "late")
        logging.getLogger("somebody.else").info("a detail")
        log.info("a door was opened", door=1)
        log.debug("a detail")
    finally:
        configure_logs(NAME, "error")
    library, own = entries(capsys.readouterr().out)
    assert (library["message"], library["level"], library["service"]) == ("it is late", "warning", "doors")
    assert (own["message"], own["door"], own["level"]) == ("a door was opened", 1, "info")
    assert library["at"].endswith("Z")
