"""Signals: what complaints tell risk, through the broker, once each."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.broker import Broker, Message, subject_of
from chassis.envelopes import Received, read_envelope, write_envelope
from chassis.ids import new_id
from chassis.reactions import Reactor
from contracts.base import Event
from contracts.complaints import EVENTS
from contracts.handling import ComplaintDecided
from services.risk.app import SERVICE
from tests.make.broker import until
from tests.make.complaints import faulted, made, receive, timeline
from tests.make.events import received
from tests.make.house import House, Tenant
from tests.make.risk import signals_of, signals_raised_by, until_handled


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


@pytest.fixture
async def officer(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("risk", tenant, "security_officer") as client:
        yield client


@pytest.mark.clause("7.7")
@pytest.mark.parametrize("concerns", [["security"], ["safety"], ["safety", "security"]])
async def test_a_complaint_with_concerns_becomes_one_signal(
    handler: httpx.AsyncClient, officer: httpx.AsyncClient, concerns: list[str]
) -> None:
    customer = str(new_id())
    complaint = await receive(handler, concerns=concerns, customer_id=customer)
    (signal,) = await signals_raised_by(officer, complaint["id"])
    told = {name: signal[name] for name in ("state", "source_type", "source_id", "reasons", "customer_id")}
    assert told == {
        "state": "raised",
        "source_type": "complaint",
        "source_id": complaint["id"],
        "reasons": concerns,
        "customer_id": customer,
    }
    assert signal["occurred_at"] == complaint["received_at"]
    found = await officer.get(f"/v1/signals/{signal['id']}")
    assert made(found) == signal
    assert found.headers["ETag"] == f'"{signal["version"]}"' == '"1"'


@pytest.mark.clause("7.7")
async def test_a_complaint_without_concerns_becomes_none(
    house: House, handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    complaint = await receive(handler)
    (entry,) = await timeline(handler, complaint["id"])
    await until_handled(house, entry["event_id"])
    assert await signals_of(officer, complaint["id"]) == []


async def event_of(house: House, complaint_id: str) -> dict[str, Any]:
    """The journal's row of a complaint's receipt."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        row = await connection.fetchrow("SELECT * FROM journal WHERE subject = $1 AND version = 1", UUID(complaint_id))
        assert row is not None
        return dict(row)
    finally:
        await connection.close()


def received_again(row: dict[str, Any]) -> Received[Event]:
    """An event of the journal as it reaches another service."""
    return read_envelope(write_envelope("complaints", row), EVENTS)


@pytest.mark.clause("7.7")
async def test_an_event_delivered_again_by_the_broker_raises_no_second_signal(
    house: House, handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    complaint = await receive(handler, concerns=["security"])
    first = await signals_raised_by(officer, complaint["id"])
    row = await event_of(house, complaint["id"])
    settings = house.settings("complaints")
    broker = Broker("complaints", settings.nats_url, settings.nats_seed.get_secret_value())
    await broker.start()
    try:
        await until(lambda: broker.degraded is None)
        # Under message ids that are new to the broker: once as it was, once as another event about the same complaint.
        anew = row | {"id": new_id()}
        again = [Message(subject_of(row["type"]), new_id(), write_envelope("complaints", one)) for one in (row, anew)]
        await broker.publish_batch(again)
    finally:
        await broker.stop()
    await until_handled(house, str(anew["id"]))  # events of one record are dealt with in their order
    assert await signals_of(officer, complaint["id"]) == first


async def test_the_inbox_knows_an_event_again(
    house: House, handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    complaint = await receive(handler, concerns=["security"])
    first = await signals_raised_by(officer, complaint["id"])
    row = await event_of(house, complaint["id"])
    reactor = Reactor(house.database("risk"), SERVICE.reactions)
    assert not await reactor.react(received_again(row))
    assert await signals_of(officer, complaint["id"]) == first


async def test_a_complaint_told_of_twice_raises_one_signal_even_when_the_inbox_has_forgotten(
    house: House, handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    complaint = await receive(handler, concerns=["security"])
    first = await signals_raised_by(officer, complaint["id"])
    row = await event_of(house, complaint["id"])
    reactor = Reactor(house.database("risk"), SERVICE.reactions)
    assert await reactor.react(received_again(row | {"id": new_id()}))
    assert await signals_of(officer, complaint["id"]) == first


async def test_a_signal_is_journalled_with_the_event_that_caused_it(
    house: House, handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    complaint = await receive(handler, concerns=["safety"])
    (signal,) = await signals_raised_by(officer, complaint["id"])
    cause = await event_of(house, complaint["id"])
    connection = await asyncpg.connect(house.servers.postgres.dsn("risk"))
    try:
        query = "SELECT type, actor, causation, correlation, clause, version FROM journal WHERE subject = $1"
        (entry,) = await connection.fetch(query, UUID(signal["id"]))
    finally:
        await connection.close()
    assert dict(entry) == {
        "type": "risk.signal.raised.v1",
        "actor": "system",
        "causation": cause["id"],
        "correlation": cause["correlation"],
        "clause": "7.7",
        "version": 1,
    }


async def decided(handler: httpx.AsyncClient, house: House, **changes: Any) -> ComplaintDecided:
    """The event of the decision on a complaint just registered."""
    row = await event_of(house, (await receive(handler))["id"])
    outcome = {"at_once": False, "late": False, "repeats": 1} | changes
    return ComplaintDecided.model_validate(json.loads(row["data"]) | outcome)


@pytest.mark.feature("C30")
@pytest.mark.clause("7.7")
@pytest.mark.parametrize(
    ("outcome", "grounds"),
    [
        ({"severity": "minor"}, []),
        ({"severity": "moderate", "repeats": 9}, []),
        ({"severity": "major"}, ["major"]),
        ({"severity": "critical"}, ["critical"]),
        ({"severity": "minor", "repeated": True}, ["repeated_cause"]),
        ({"severity": "critical", "repeated": True}, ["critical", "repeated_cause"]),
    ],
)
async def test_what_a_decision_shows_becomes_a_signal_for_each_ground_once(
    house: House,
    tenant: Tenant,
    handler: httpx.AsyncClient,
    officer: httpx.AsyncClient,
    outcome: dict[str, Any],
    grounds: list[str],
) -> None:
    event = await decided(handler, house, **outcome)
    reactor = Reactor(house.database("risk"), SERVICE.reactions)
    for _ in range(2):  # two events of one complaint, which is decided again
        assert await reactor.react(received(tenant, event))
    signals = await signals_of(officer, str(event.complaint_id))
    assert sorted(ground for one in signals for ground in one["grounds"]) == grounds
    assert [one["reasons"] for one in signals] == [[]] * len(grounds)


@pytest.mark.feature("C30")
async def test_a_later_decision_raises_a_signal_for_what_it_shows_anew(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    event = await decided(handler, house, severity="major", concerns=["security"])
    reactor = Reactor(house.database("risk"), SERVICE.reactions)
    again = event.model_copy(update={"round": 2, "repeated": True})
    for one in (event, again):
        await reactor.react(received(tenant, one))
    signals = await signals_of(officer, str(event.complaint_id))
    assert sorted(one["grounds"] for one in signals) == [["major"], ["repeated_cause"]]


@pytest.mark.feature("C30")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_decisions_that_are_told_again_raise_what_they_raised_in_whatever_order(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, officer: httpx.AsyncClient, order: tuple[int, ...]
) -> None:
    first = await decided(handler, house, severity="major")
    second = first.model_copy(update={"round": 2, "repeated": True, "repeats": 3})
    third = first.model_copy(update={"round": 3, "severity": "moderate"})
    told = [received(tenant, one, version) for version, one in enumerate((first, second, third), 1)]
    reactor = Reactor(house.database("risk"), SERVICE.reactions)
    assert [await reactor.react(told[place]) for place in order] == [True] * 3
    raised = await signals_of(officer, str(first.complaint_id))
    assert sorted(one["grounds"] for one in raised) == [["major"], ["repeated_cause"]]
    assert [await reactor.react(one) for one in told] == [False] * 3, "a stream that was rebuilt brings them again"
    await forget(house, *(one.id for one in told))
    assert [await reactor.react(one) for one in told] == [True] * 3
    assert await signals_of(officer, str(first.complaint_id)) == raised


async def forget(house: House, *events: UUID) -> None:
    """Has risk forget that it has acted upon some events."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("risk"))
    try:
        assert await connection.execute("DELETE FROM inbox WHERE event_id = ANY($1)", events) == f"DELETE {len(events)}"
    finally:
        await connection.close()


async def test_signals_are_listed_by_their_source_and_paged(
    handler: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    complaints = [await receive(handler, concerns=["security"]) for _ in range(3)]
    for complaint in complaints:
        await signals_raised_by(officer, complaint["id"])
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "sort": "occurred_at"}
    while True:
        page = made(await officer.get("/v1/signals", params=query))
        seen += [one["source_id"] for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [complaint["id"] for complaint in complaints]
    newest = made(await officer.get("/v1/signals", params={"limit": 1}))
    assert [one["source_id"] for one in newest["items"]] == [complaints[-1]["id"]]
    assert await signals_of(officer, str(new_id())) == []


@pytest.mark.clause("7.7")
async def test_another_provider_finds_no_signal(
    house: House, handler: httpx.AsyncClient, officer: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    complaint = await receive(handler, concerns=["security"])
    (signal,) = await signals_raised_by(officer, complaint["id"])
    async with house.client("risk", other_tenant, "administrator") as other:
        assert await signals_of(other, complaint["id"]) == []
        assert (await other.get(f"/v1/signals/{signal['id']}")).status_code == 404
        assert made(await other.get("/v1/signals"))["items"] == []


async def test_signals_need_their_permission(house: House, tenant: Tenant) -> None:
    for scope, status in ((("staff", "complaint_lead"), 403), (("reader",), 200), (("risk.signal.read",), 200)):
        async with house.client("risk", tenant, *scope) as client:
            assert (await client.get("/v1/signals")).status_code == status
    async with house.client("risk") as nobody:
        assert (await nobody.get("/v1/signals")).status_code == 401


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"source": "complaint"}, ("?source", "uuid_parsing")),
        ({"source": ""}, ("?source", "uuid_parsing")),
        ({"source": "\u0000"}, ("?source", "uuid_parsing")),
        ({"sort": "state"}, ("?sort", "literal_error")),
        ({"state": "raised"}, ("?state", "extra_forbidden")),
    ],
)
async def test_a_list_that_cannot_be_had_is_refused(
    officer: httpx.AsyncClient, query: dict[str, str], expected: tuple[str, str]
) -> None:
    assert faulted(await officer.get("/v1/signals", params=query)) == [expected]
