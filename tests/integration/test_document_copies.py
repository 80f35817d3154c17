"""What complaints keep of documents: the newest state in whatever order it arrives, and who has read what holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from chassis.actors import SYSTEM
from chassis.envelopes import Received
from chassis.ids import new_id
from chassis.reactions import Reactor
from contracts.base import Event
from contracts.risk import (
    DocumentVersionCameIntoForce,
    DocumentVersionRepealed,
    DocumentVersionState,
    DocumentVersionSuperseded,
    ReadingConfirmed,
)
from services.complaints.app import SERVICE
from services.complaints.documents.queries import confirmed_by, systems_in_force
from tests.make.broker import until_async
from tests.make.documents import in_force, next_in_force, step
from tests.make.house import House, Tenant

MARCH = datetime(2026, 2, 28, 16, tzinfo=UTC)
"""The beginning of March in Shanghai."""
APRIL = datetime(2026, 3, 31, 16, tzinfo=UTC)
DAY = timedelta(days=1)
LAST_OF_FEBRUARY, MIDDLE, LAST, FIRST = date(2026, 2, 28), date(2026, 3, 15), date(2026, 3, 31), date(2026, 4, 1)


def told(
    tenant: Tenant, happened: type[DocumentVersionState], at: int, version_id: UUID, **changes: Any
) -> Received[DocumentVersionState]:
    """A version's state after its step number `at`, as it reaches complaints."""
    state: dict[str, Any] = {
        "document_version_id": version_id,
        "document_id": version_id,
        "code": "handling",
        "kind": "system",
        "number": 1,
        "state": happened.TYPE.split(".")[2].replace("came_into_force", "in_force"),
        "serves": ["8.2-2"],
        "binds": ["complaint_handler"],
        "sha256": None,
        "approved_at": MARCH,
        "in_force_from": MARCH,
        "in_force_to": None,
        "next_review_on": date(2027, 3, 1),
    }
    return received(tenant, version_id, at, happened(**state | changes))


def received(tenant: Tenant, subject: UUID, version: int, event: Any) -> Received[Any]:
    return Received(
        id=new_id(),
        type=event.TYPE,
        provider_id=tenant.id,
        subject=subject,
        version=version,
        time=datetime.now(UTC),
        correlation=new_id(),
        causation=None,
        actor=None,
        data=event,
    )


def confirmed(tenant: Tenant, version_id: UUID, account: UUID, serves: Sequence[str] = ("8.2-2",)) -> Received[Any]:
    """The confirmation of a person."""
    reading = ReadingConfirmed(
        reading_id=new_id(),
        document_version_id=version_id,
        document_id=version_id,
        number=1,
        serves=list(serves),
        account_id=account,
        confirmed_at=MARCH,
    )
    return received(tenant, reading.reading_id, 1, reading)


async def hear(house: House, *events: Received[Any]) -> None:
    """Complaints get events, one after the other."""
    reactor = Reactor(house.database("complaints"), SERVICE.reactions)
    for event in events:
        await reactor.react(event)


async def held(house: House, tenant: Tenant, day: date) -> dict[str, list[tuple[str, int]]]:
    """Code and number of what is in force on a day, by requirement."""
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        found = await systems_in_force(work, day)
    return {requirement: [(one.code, one.number) for one in versions] for requirement, versions in found.items()}


async def readers(house: House, tenant: Tenant, requirement: str = "8.2-2") -> frozenset[UUID]:
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        return await confirmed_by(work, requirement)


@pytest.mark.feature("R30")
@pytest.mark.clause("8.2-2")
@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_newest_state_stands_in_whatever_order_it_arrives_and_however_often(
    house: House, tenant: Tenant, order: Sequence[int]
) -> None:
    document, first, second = new_id(), new_id(), new_id()
    of_first, of_second = {"document_id": document}, {"document_id": document, "number": 2, "in_force_from": APRIL}
    ended = APRIL + 30 * DAY
    events = [
        told(tenant, DocumentVersionCameIntoForce, 3, first, **of_first),
        told(tenant, DocumentVersionSuperseded, 4, first, **of_first, in_force_to=APRIL),
        told(tenant, DocumentVersionCameIntoForce, 3, second, **of_second),
        told(tenant, DocumentVersionRepealed, 4, second, **of_second, in_force_to=ended),
    ]
    in_order = [events[place] for place in order]
    again = [replace(event, id=new_id()) for event in events]
    await hear(house, *in_order, *in_order, *again)
    assert await held(house, tenant, LAST_OF_FEBRUARY) == {}
    assert await held(house, tenant, MIDDLE) == await held(house, tenant, LAST) == {"8.2-2": [("handling", 1)]}
    assert await held(house, tenant, FIRST) == {"8.2-2": [("handling", 2)]}
    assert await held(house, tenant, (ended + DAY).date()) == {}


async def test_on_the_day_of_a_change_the_newer_version_stands(house: House, tenant: Tenant) -> None:
    document, noon = new_id(), APRIL + DAY / 2
    of_document = {"document_id": document}
    await hear(
        house,
        told(tenant, DocumentVersionSuperseded, 4, new_id(), **of_document, in_force_to=noon),
        told(tenant, DocumentVersionCameIntoForce, 3, new_id(), **of_document, number=2, in_force_from=noon),
    )
    assert await held(house, tenant, LAST) == {"8.2-2": [("handling", 1)]}
    assert await held(house, tenant, FIRST) == {"8.2-2": [("handling", 2)]}


async def test_only_systems_that_serve_complaints_are_kept(house: House, tenant: Tenant) -> None:
    await hear(
        house,
        told(tenant, DocumentVersionCameIntoForce, 3, new_id(), kind="guide"),
        told(tenant, DocumentVersionCameIntoForce, 3, new_id(), serves=["8.4-1"]),
        told(tenant, DocumentVersionCameIntoForce, 3, new_id(), serves=["8.2-1", "8.2-4", "8.4-1"]),
    )
    assert await held(house, tenant, MIDDLE) == {"8.2-1": [("handling", 1)], "8.2-4": [("handling", 1)]}


@pytest.mark.clause("8.2-2")
async def test_who_has_read_it_is_known_also_when_that_is_heard_first(house: House, tenant: Tenant) -> None:
    version, one, other = new_id(), new_id(), new_id()
    early, late = confirmed(tenant, version, one), confirmed(tenant, version, other)
    await hear(house, early)
    assert await readers(house, tenant) == frozenset()
    await hear(house, told(tenant, DocumentVersionCameIntoForce, 3, version), late, early, replace(late, id=new_id()))
    assert await readers(house, tenant) == {one, other}
    assert await readers(house, tenant, "8.2-4") == frozenset()


async def test_where_two_systems_serve_a_requirement_both_are_to_be_read(house: House, tenant: Tenant) -> None:
    first, second, both, one = new_id(), new_id(), new_id(), new_id()
    await hear(
        house,
        told(tenant, DocumentVersionCameIntoForce, 3, first),
        told(tenant, DocumentVersionCameIntoForce, 3, second, code="other"),
        confirmed(tenant, first, both),
        confirmed(tenant, second, both),
        confirmed(tenant, first, one),
    )
    assert await readers(house, tenant) == {both}


async def test_readings_of_other_documents_are_not_kept(house: House, tenant: Tenant) -> None:
    version = new_id()
    await hear(house, confirmed(tenant, version, new_id(), ["8.4-1"]))
    await hear(house, told(tenant, DocumentVersionCameIntoForce, 3, version))
    assert await readers(house, tenant) == frozenset()


async def test_another_provider_knows_nothing_of_it(house: House, tenant: Tenant, other_tenant: Tenant) -> None:
    version = new_id()
    await hear(house, told(tenant, DocumentVersionCameIntoForce, 3, version), confirmed(tenant, version, new_id()))
    assert await held(house, other_tenant, MIDDLE) == {}
    assert await readers(house, other_tenant) == frozenset()


@pytest.mark.feature("R30")
@pytest.mark.clause("8.2-2")
async def test_complaints_hear_of_a_document_in_force_and_of_who_has_read_it(house: House, tenant: Tenant) -> None:
    handler = new_id()
    author, manager = (house.client("risk", tenant, role) for role in ("quality_manager", "management"))
    async with author, manager:
        first = await in_force(author, manager)
        async with house.client_of("risk", house.person_token(tenant, handler, "complaint_handler")) as client:
            await step(client, first["id"], "confirm-reading")

        async def has_read() -> bool:
            return await readers(house, tenant) == {handler}

        await until_async(has_read)
        await next_in_force(author, manager, first["id"])

    async def is_to_read_again() -> bool:
        return await readers(house, tenant) == frozenset()

    await until_async(is_to_read_again)


def test_reactions_listen_to_what_begins_and_ends_the_force() -> None:
    heard: set[type[Event]] = {event for reaction in SERVICE.reactions for event in reaction.events}
    assert {DocumentVersionCameIntoForce, DocumentVersionSuperseded, DocumentVersionRepealed, ReadingConfirmed} <= heard
