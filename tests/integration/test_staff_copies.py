"""What complaints know of who works for the provider: by events in any order, and as the steps of handling ask it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from itertools import permutations
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from chassis.actors import SYSTEM
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.reactions import Reactor
from contracts.base import Event
from contracts.projects import (
    AppointmentEnded,
    AppointmentMade,
    DepartmentChanged,
    DepartmentRegistered,
    DepartmentRetired,
    StaffAbsenceRecorded,
    StaffChanged,
    StaffLeft,
    StaffRegistered,
    TrainingExpired,
    TrainingGained,
    TrainingPlanned,
    TrainingWithdrawn,
)
from services.complaints.app import SERVICE
from services.complaints.staff.queries import (
    NAMED,
    HandlingFacts,
    dedicated_days,
    handling_facts,
    in_direct_team,
    next_level,
)
from services.complaints.staff.rules import Span
from tests.make.broker import until_async
from tests.make.events import received
from tests.make.house import House, Tenant
from tests.make.projects import (
    appoint,
    change_department,
    qualify,
    register_department,
    register_staff,
    register_team,
    step,
    today,
)
from tests.make.statements import overheard

DAY_ONE, DAY = date(2026, 3, 2), timedelta(days=1)


class Told(NamedTuple):
    """An event of a record, and the record's version after it."""

    event: Event
    version: int


class Listener:
    """Complaints of one provider, which a test tells of events."""

    def __init__(self, house: House, tenant: Tenant) -> None:
        self.house, self.tenant = house, tenant
        self.reactor = Reactor(house.database("complaints"), SERVICE.reactions)

    async def hears(self, *events: Told, event_id: UUID | None = None) -> None:
        """Events reach the service, one after the other."""
        for event, version in events:
            await self.reactor.react(received(self.tenant, event, version, event_id))

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work of the provider."""
        async with self.house.database("complaints").work(self.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            yield work

    async def facts(self, account_id: UUID, day: date = DAY_ONE) -> HandlingFacts:
        """What bears on whether somebody may handle complaints on a day."""
        async with self.work() as work:
            return await handling_facts(work, account_id, day)

    async def days(self, first: int, last: int) -> list[Span]:
        """The days on which a dedicated appointment held, by their numbers from the first."""
        async with self.work() as work:
            return await dedicated_days(work, day(first), day(last))

    async def near(self, one: UUID, other: UUID) -> bool:
        """Whether two people are in one direct team."""
        async with self.work() as work:
            return await in_direct_team(work, one, other)

    async def above(self, account_id: UUID) -> UUID | None:
        """Who is above somebody."""
        async with self.work() as work:
            return await next_level(work, account_id)


@pytest.fixture
def complaints(house: House, tenant: Tenant) -> Listener:
    return Listener(house, tenant)


def day(number: int) -> date:
    return DAY_ONE + number * DAY


def person(event: type[Any], account_id: UUID, /, **changes: Any) -> Any:
    whole = {
        "account_id": account_id,
        "department_id": new_id(),
        "team_id": None,
        "post": "agent",
        "state": "employed",
        "absent_from": None,
        "absent_until": None,
        "backup_id": None,
    }
    return event(**whole | changes)


async def test_staff_number_and_post_are_kept_and_the_newest_version_wins(complaints: Listener) -> None:
    account = new_id()
    newer = person(StaffChanged, account, staff_number="0012", post="complaint-handler")
    await complaints.hears(Told(newer, 2), Told(person(StaffRegistered, account), 1))
    async with complaints.work() as work:
        (copy,) = await work.read(NAMED, ids=[account, new_id()])
    assert (copy.staff_number, copy.post) == ("0012", "complaint-handler")


def training(event: type[Any], account_id: UUID, state: str, /, **changes: Any) -> Any:
    whole = {
        "training_id": new_id(),
        "account_id": account_id,
        "competence": "complaint_handling",
        "kind": "business",
        "state": state,
        "attempt": 1,
        "planned_on": day(-9),
        "taken_on": None,
        "score": None,
        "assessor_id": None,
        "valid_from": day(0),
        "valid_until": day(9),
        "cause": None,
    }
    return event(**whole | changes)


def appointment(event: type[Any], account_id: UUID, first: int, last: int | None = None, /, **changes: Any) -> Any:
    whole = {
        "appointment_id": new_id(),
        "account_id": account_id,
        "duty": "complaint_handling",
        "dedicated": True,
        "share": 50,
        "begins_on": day(first),
        "ends_on": None if last is None else day(last),
        "state": "in_force",
        "cause": None,
    }
    return event(**whole | changes)


def unit(event: type[Any], department_id: UUID, /, **changes: Any) -> Any:
    whole = {"department_id": department_id, "code": "desk", "kind": "department", "parent_id": None}
    return event(**whole | {"head_id": None, "state": "active"} | changes)


async def test_nothing_is_known_of_whom_no_event_has_told(complaints: Listener) -> None:
    nobody = new_id()
    assert await complaints.facts(nobody) == HandlingFacts(known=False)
    assert await complaints.above(nobody) is None
    assert not await complaints.near(nobody, nobody)
    assert await complaints.days(0, 30) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_version_stands_whatever_order_events_come_in(
    complaints: Listener, order: Sequence[int]
) -> None:
    account_id, team = new_id(), new_id()
    department, boss, successor = new_id(), new_id(), new_id()
    people = [
        Told(person(StaffRegistered, account_id, department_id=department), 1),
        Told(person(StaffChanged, account_id, department_id=department, team_id=team), 2),
        Told(person(StaffLeft, account_id, department_id=department, team_id=team, state="left"), 3),
    ]
    units = [
        Told(unit(DepartmentRegistered, department), 1),
        Told(unit(DepartmentChanged, department, head_id=boss), 2),
        Told(unit(DepartmentChanged, department, head_id=successor), 3),
    ]
    course = new_id()
    trainings = [
        Told(
            training(TrainingPlanned, account_id, "planned", training_id=course, valid_from=None, valid_until=None), 1
        ),
        Told(training(TrainingGained, account_id, "valid", training_id=course), 4),
        Told(training(TrainingWithdrawn, account_id, "withdrawn", training_id=course, cause="cancelled"), 5),
    ]
    for each in order:
        await complaints.hears(people[each], units[each], trainings[each])
    assert await complaints.facts(account_id) == HandlingFacts(True, department_id=department, team_id=team)
    assert await complaints.above(account_id) == successor


async def test_an_event_that_comes_twice_changes_nothing(complaints: Listener) -> None:
    account_id, event_id = new_id(), new_id()
    first = Told(person(StaffRegistered, account_id), 1)
    await complaints.hears(first, event_id=event_id)
    before = await complaints.facts(account_id)
    await complaints.hears(first, event_id=event_id)  # the broker delivers it again
    await complaints.hears(first)  # or the inbox has forgotten it
    assert await complaints.facts(account_id) == before == HandlingFacts(True, True, department_id=before.department_id)


@pytest.mark.parametrize(("number", "qualified"), [(-1, False), (0, True), (9, True), (10, False)])
@pytest.mark.parametrize(("kind", "state"), [(TrainingGained, "valid"), (TrainingExpired, "expired")])
async def test_a_training_qualifies_on_the_days_of_its_validity_also_after_it_expired(
    complaints: Listener, kind: type[Event], state: str, number: int, qualified: bool
) -> None:
    account_id = new_id()
    await complaints.hears(Told(training(kind, account_id, state), 4))
    await complaints.hears(Told(person(StaffRegistered, account_id), 1))
    assert (await complaints.facts(account_id, day(number))).qualified is qualified


@pytest.mark.parametrize(
    ("kind", "state", "changes"),
    [
        (TrainingWithdrawn, "withdrawn", {"cause": "evidence_refuted"}),
        (TrainingGained, "valid", {"competence": "fire_safety"}),
        (TrainingGained, "valid", {"account_id": new_id()}),
        (TrainingPlanned, "planned", {"valid_from": None, "valid_until": None}),
    ],
)
async def test_another_training_or_one_that_does_not_count_qualifies_nobody(
    complaints: Listener, kind: type[Event], state: str, changes: dict[str, Any]
) -> None:
    account_id = new_id()
    await complaints.hears(Told(person(StaffRegistered, account_id), 1))
    await complaints.hears(Told(training(kind, account_id, state, **changes), 4))
    facts = await complaints.facts(account_id)
    assert (facts.employed, facts.qualified) == (True, False)


async def test_somebody_is_away_on_the_days_of_the_absence_and_the_backup_is_told(complaints: Listener) -> None:
    account_id, backup = new_id(), new_id()
    away = {"absent_from": day(3), "absent_until": day(5), "backup_id": backup}
    await complaints.hears(Told(person(StaffAbsenceRecorded, account_id, **away), 2))
    told = [await complaints.facts(account_id, day(number)) for number in range(2, 7)]
    assert [one.absent for one in told] == [False, True, True, True, False]
    assert [one.backup_id for one in told] == [None, backup, backup, backup, None]


@pytest.mark.clause("8.2-5")
async def test_dedicated_appointments_hold_on_their_days_and_spans_that_touch_are_one(complaints: Listener) -> None:
    account_id = new_id()
    await complaints.hears(Told(person(StaffRegistered, account_id), 1))
    await complaints.hears(
        Told(appointment(AppointmentMade, account_id, -5, 3), 1),
        Told(appointment(AppointmentEnded, account_id, 4, 6, state="ended", cause="reassigned"), 2),
        Told(appointment(AppointmentMade, account_id, 10), 1),
        Told(appointment(AppointmentMade, account_id, 8, 8, dedicated=False), 1),
        Told(appointment(AppointmentMade, account_id, 8, 8, duty="fire_safety"), 1),
        Told(appointment(AppointmentEnded, account_id, 8, 8, state="ended", cause="entered_by_mistake"), 2),
    )
    assert await complaints.days(0, 30) == [Span(day(0), day(6)), Span(day(10), day(30))]
    assert await complaints.days(7, 9) == []
    assert await complaints.days(-20, -6) == []
    appointed = [(await complaints.facts(account_id, day(number))).appointed for number in (6, 7, 8, 10)]
    assert appointed == [True, False, True, True], "whoever is appointed to the duty may handle, dedicated or not"


async def test_the_direct_team_and_the_next_level_follow_departments_and_teams(complaints: Listener) -> None:
    desk, first = new_id(), new_id()
    chief, lead, bob, cem, ann = (new_id() for _ in range(5))
    in_team, in_desk = {"department_id": desk, "team_id": first}, {"department_id": desk}
    await complaints.hears(
        Told(unit(DepartmentChanged, first, kind="team", parent_id=desk, head_id=lead), 2),
        *(Told(person(StaffRegistered, one, **in_team), 1) for one in (lead, bob, cem)),
        *(Told(person(StaffRegistered, one, **in_desk), 1) for one in (chief, ann)),
        Told(unit(DepartmentChanged, desk, head_id=chief), 2),
    )
    assert await complaints.near(bob, cem)
    assert await complaints.near(bob, lead)
    assert await complaints.near(chief, ann)
    assert not await complaints.near(bob, ann)
    assert not await complaints.near(bob, new_id())
    assert [await complaints.above(one) for one in (bob, lead, ann, chief)] == [lead, chief, chief, None]
    await complaints.hears(Told(unit(DepartmentRetired, first, kind="team", parent_id=desk, state="retired"), 3))
    assert await complaints.above(bob) == chief


async def test_another_provider_knows_nothing_of_them(house: House, complaints: Listener, other_tenant: Tenant) -> None:
    account_id = new_id()
    await complaints.hears(Told(person(StaffRegistered, account_id), 1))
    await complaints.hears(Told(appointment(AppointmentMade, account_id, 0), 1))
    other = Listener(house, other_tenant)
    assert await other.facts(account_id) == HandlingFacts(known=False)
    assert await other.days(0, 30) == []
    await other.hears(Told(person(StaffRegistered, account_id, state="left"), 7))
    assert (await complaints.facts(account_id)).employed


async def test_what_a_step_asks_comes_in_one_round_trip(house: House, complaints: Listener) -> None:
    account_id, other = new_id(), new_id()
    await complaints.hears(*(Told(person(StaffRegistered, one), 1) for one in (account_id, other)))
    statements: list[str] = []
    async with overheard(house.database("complaints"), lambda statement, _: statements.append(statement)):
        await complaints.facts(account_id)
        await complaints.near(account_id, other)
        await complaints.above(account_id)
        await complaints.days(0, 30)
    assert len([one for one in statements if "_copy" in one]) == 4


async def until_facts(complaints: Listener, account_id: str, wanted: HandlingFacts) -> None:
    """Waits until complaints know this of somebody today."""

    async def known() -> bool:
        return await complaints.facts(UUID(account_id), date.fromisoformat(today())) == wanted

    await until_async(known)


@pytest.mark.clause("6.1")
async def test_who_is_qualified_and_appointed_in_projects_may_handle_in_complaints(
    house: House, tenant: Tenant, complaints: Listener
) -> None:
    async with house.client("projects", tenant, "administrator") as client:
        department = await register_department(client)
        team = await register_team(client, department["id"])
        handler = await register_staff(client, department["id"], team_id=team["id"])
        lead = await register_staff(client, department["id"], team_id=team["id"])
        await change_department(client, team, head_id=lead["id"])
        training = await qualify(client, handler["id"], lead["id"])
        await appoint(client, handler["id"])
        here = HandlingFacts(True, True, True, True, UUID(department["id"]), UUID(team["id"]))
        await until_facts(complaints, handler["id"], here)
        away = {"absent_from": today(), "absent_until": today(3), "backup_id": lead["id"]}
        await step(client, f"staff/{handler['id']}", "record-absence", **away)
        absent = here._replace(absent=True, backup_id=UUID(lead["id"]))
        await until_facts(complaints, handler["id"], absent)
        await step(client, f"trainings/{training['id']}", "withdraw", cause="competence_lost")
        await until_facts(complaints, handler["id"], absent._replace(qualified=False))

    async def above() -> bool:
        return await complaints.above(UUID(handler["id"])) == UUID(lead["id"])

    await until_async(above)


async def test_who_may_handle_is_read_by_who_handles(house: House, tenant: Tenant) -> None:
    async with house.client("projects", tenant, "complaint_handler") as handler:
        for address in ("departments", "staff", "trainings", "appointments"):
            answer: httpx.Response = await handler.get(f"/v1/{address}")
            assert answer.status_code == 200, address
    async with house.client("projects", tenant, "staff") as anybody:
        assert (await anybody.get("/v1/trainings")).status_code == 403, "what colleagues scored is nobody's business"
