"""Health: alive, ready or not and why, degraded by what does not stop the service."""

import asyncio
import re

import pytest
from sqlalchemy import text

from chassis import health
from chassis.app import create_app
from deploy.throwaway import Servers
from services.projects.app import SERVICE
from tests.make.complaints import made
from tests.make.house import House, settings_of


async def test_a_service_is_ready_and_its_broker_comes_by_itself(house: House) -> None:
    async with house.client("projects") as client, asyncio.timeout(15):
        assert (await client.get("/livez")).text == "alive\n"
        while "broker" in (answer := await client.get("/readyz")).text:
            await asyncio.sleep(0.05)  # its connection is made in the background
    assert made(answer)["ready"] is True
    assert answer.json()["faults"] == []


async def test_a_broker_that_is_away_shows_and_does_not_stop_the_service(house: House) -> None:
    app = create_app(SERVICE, house.settings("projects", nats_url="nats://127.0.0.1:9"))
    async with app.router.lifespan_context(app), House(house.servers, {"projects": app}).client("projects") as client:
        told = made(await client.get("/readyz"))
        figures = (await client.get("/metrics")).text
    assert told["ready"] is True
    assert "broker" in [one.partition(":")[0] for one in told["degraded"]]
    assert re.search(r"^surety_degraded [1-9]", figures, re.MULTILINE), "a comparison over the broker may fail, too"


async def test_a_database_that_is_away_makes_it_not_ready(house: House) -> None:
    app = create_app(SERVICE, house.settings("projects", worker="off", database_host="/nonexistent"))
    async with app.router.lifespan_context(app), House(house.servers, {"projects": app}).client("projects") as client:
        told = made(await client.get("/readyz"), 503)
        assert (await client.get("/livez")).status_code == 200
    assert told["faults"] == ["database"]


async def test_a_database_at_another_revision_makes_it_not_ready(house: House) -> None:
    app = create_app(SERVICE, house.settings("projects", worker="off"))
    app.state.runtime.revision = "9999"
    async with app.router.lifespan_context(app), House(house.servers, {"projects": app}).client("projects") as client:
        assert made(await client.get("/readyz"), 503)["faults"] == ["migrations"]


async def test_an_outbox_above_its_limit_makes_it_not_ready(
    new_servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "OUTBOX_LIMIT", 2)
    app = create_app(SERVICE, settings_of(new_servers, "projects", worker="off"))  # and no other relay empties it
    house = House(new_servers, {"projects": app})
    async with app.router.lifespan_context(app), house.client("projects") as client:
        async with house.database("projects").connection() as (connection, _):
            rows = "SELECT -generate_series(1, 3), '00000000-0000-0000-0000-000000000000'"
            await connection.execute(text(f"INSERT INTO outbox (seq, provider_id) {rows}"))
        assert made(await client.get("/readyz"), 503)["faults"] == ["outbox"]
