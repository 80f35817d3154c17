"""Messages of all services as one list, and a bounce put to the service that has the message."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import uvicorn

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.paging import Place, cursor_of
from chassis.providers import keep_provider
from contracts.gateway import ProviderState
from tests.make.complaints import Json, faulted, made, objected, receive
from tests.make.edge import Edge, Machine, gateway, served
from tests.make.house import House
from tests.make.people import invitation

FLAT = "/v1/messages"


@pytest.fixture
async def front(house: House) -> AsyncIterator[Edge]:
    """A gateway before complaints alone."""
    async with AsyncExitStack() as stack:
        quiet: dict[str, Any] = {"port": 0, "log_level": "critical", "lifespan": "off"}
        url = await stack.enter_async_context(served(uvicorn.Config(house.apps["complaints"], **quiet)))
        yield await stack.enter_async_context(gateway(house.servers, complaints_url=url))


@pytest.fixture
async def chief(house: House, front: Edge) -> Machine:
    """The administrator of a provider that complaints know too."""
    registered = made(await front.register(), 201)
    chief = await front.administrator(registered["id"])
    state = ProviderState.model_validate(registered | {"provider_id": registered["id"], "calendar": None})
    async with house.database("complaints").work(state.provider_id, actor=SYSTEM, correlation=new_id()) as work:
        await keep_provider(work, state, 1)
    return chief


async def send_some(front: Edge, chief: Machine) -> list[Json]:
    """Three messages of complaints and three of the gateway, in turn."""
    async with front.client(chief.key) as client:
        for _ in range(3):
            await receive(client, parties=[{"name": "王芳", "email": "wang.fang@customer.example"}])
            await invitation(client)
    async with front.client(chief.key) as client:
        return [
            one
            for service in ("complaints", "gateway")
            for one in made(await client.get(f"/v1/services/{service}/messages"))["items"]
        ]


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "-updated_at"])
async def test_the_messages_of_all_services_are_one_list(front: Edge, chief: Machine, sort: str) -> None:
    messages, seen, cursor = await send_some(front, chief), [], dict[str, str]()
    for items in (2, 2, 2):
        page = made(await front.ask("GET", FLAT, chief.key, params={"limit": "2", "sort": sort} | cursor))
        assert (len(page["items"]), page["incomplete"]) == (items, [])
        seen += page["items"]
        cursor = {"cursor": page["next"]}
    assert page["next"] is None
    by = sort.removeprefix("-")
    expected = sorted(messages, key=lambda one: (one[by], one["id"]), reverse=sort.startswith("-"))
    assert seen == expected
    assert {one["service"] for one in seen} == {"complaints", "gateway"}
    (one,) = made(await front.ask("GET", FLAT, chief.key, params={"record_id": messages[0]["record_id"]}))["items"]
    assert one["id"] == messages[0]["id"]


async def test_a_page_keeps_the_instant_at_which_the_list_was_begun(front: Edge, chief: Machine) -> None:
    await send_some(front, chief)
    first = made(await front.ask("GET", FLAT, chief.key, params={"limit": "1"}))
    second = made(await front.ask("GET", FLAT, chief.key, params={"limit": "1", "cursor": first["next"]}))
    assert second["as_of"] == first["as_of"]


async def test_a_message_is_read_and_reported_wherever_it_is(front: Edge, chief: Machine) -> None:
    for one in await send_some(front, chief):
        read = await front.ask("GET", f"{FLAT}/{one['id']}", chief.key)
        assert read.headers["etag"] == '"1"'
        whole = made(await front.ask("GET", f"/v1/services/{one['service']}/messages/{one['id']}", chief.key))
        assert made(read) == whole
        path = f"{FLAT}/{one['id']}/bounce"
        refused = await front.ask("POST", path, chief.key, json={"code": "5.1.1"})
        assert (refused.status_code, objected(refused)) == (409, ["never_tried"])
        assert refused.json()["instance"] == path
        stale = await front.ask("POST", path, chief.key, json={"code": "5.1.1"}, headers={"If-Match": '"9"'})
        assert stale.status_code == 412


async def test_a_bounce_repeated_with_its_key_has_one_effect(front: Edge, chief: Machine, house: House) -> None:
    messages = await send_some(front, chief)
    for one in (messages[0], messages[-1]):
        database = house.servers.postgres.dsn(one["service"])
        await tried(database, one["id"])
        headers = {"Idempotency-Key": str(uuid4())}
        path, body = f"{FLAT}/{one['id']}/bounce", {"code": "5.1.1"}
        first, again = [await front.ask("POST", path, chief.key, json=body, headers=headers) for _ in range(2)]
        assert made(first)["state"] == "bounced"
        assert (made(again), again.headers["Idempotency-Replayed"]) == (made(first), "true")
        other = await front.ask("POST", path, chief.key, json={"code": "5.2.2"}, headers=headers)
        assert (other.status_code, other.json()["type"]) == (422, "urn:surety:problem:key_reused")


async def tried(dsn: str, message_id: str) -> None:
    """Has a message look as if it had been handed over."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("UPDATE message SET tries = 1 WHERE id = $1", message_id)
    finally:
        await connection.close()


async def test_what_nobody_has_is_404_and_503_while_one_is_away(house: House, front: Edge, chief: Machine) -> None:
    nothing = f"{FLAT}/{uuid4()}"
    assert (await front.ask("GET", nothing, chief.key)).status_code == 404
    assert (await front.ask("POST", f"{nothing}/bounce", chief.key, json={"code": "5.1.1"})).status_code == 404
    own = next(one for one in await send_some(front, chief) if one["service"] == "gateway")
    async with gateway(house.servers) as alone:
        away = await alone.ask("POST", f"{nothing}/bounce", chief.key, json={"code": "5.1.1"})
        assert (away.status_code, away.headers["Retry-After"]) == (503, "1")
        assert "complaints cannot be reached" in away.json()["detail"]
        assert made(await alone.ask("GET", f"{FLAT}/{own['id']}", chief.key))["service"] == "gateway"
        page = made(await alone.ask("GET", FLAT, chief.key))
    assert ({one["service"] for one in page["items"]}, page["incomplete"]) == ({"gateway"}, ["complaints"])


async def test_messages_are_for_who_may_read_or_report_them_somewhere(front: Edge, chief: Machine) -> None:
    messages = await send_some(front, chief)
    assert (await front.ask("GET", FLAT)).status_code == 401
    assert (await front.ask("GET", FLAT, front.operator_key)).status_code == 403
    reader = await front.machine(chief, "reader")
    assert (await front.ask("GET", FLAT, reader.key)).status_code == 403
    handler = await front.machine(chief, "complaint_handler")
    page = made(await front.ask("GET", FLAT, handler.key))
    assert {one["service"] for one in page["items"]} == {"complaints"}
    of_gateway = next(one for one in messages if one["service"] == "gateway")
    assert (await front.ask("GET", f"{FLAT}/{of_gateway['id']}", handler.key)).status_code == 404
    mail = await front.machine(chief, "mail_system")
    assert (await front.ask("GET", FLAT, mail.key)).status_code == 403
    for one in messages:
        answer = await front.ask("POST", f"{FLAT}/{one['id']}/bounce", mail.key, json={"code": "5.1.1"})
        assert objected(answer) == ["never_tried"], "the mail system reports for every service"


async def test_faulty_questions_are_refused_before_anybody_is_asked(front: Edge, chief: Machine) -> None:
    end = cursor_of(Place((datetime(2026, 1, 1, tzinfo=UTC), new_id()), datetime(2026, 1, 1, tzinfo=UTC)))
    for cursor in ("x", "~~", end + "x", end.upper()):
        refused = await front.ask("GET", FLAT, chief.key, params={"cursor": cursor})
        assert faulted(refused) == [("?cursor", "cursor_refused")]
    refused = await front.ask("POST", f"{FLAT}/{uuid4()}/bounce", chief.key, json={"code": "x"})
    assert faulted(refused) == [("/code", "pattern")]
