"""Appointments: made in writing by somebody else, never more than all of a person's time, and ended."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from tests.make.complaints import made, objected
from tests.make.house import House, Tenant
from tests.make.projects import appoint, appointing, fire, register_department, register_staff, step, today, told

DAY = timedelta(days=1)


class Desk(NamedTuple):
    """Somebody to be appointed, and whoever administers."""

    client: httpx.AsyncClient
    handler: str


@pytest.fixture
async def desk(house: House, tenant: Tenant) -> AsyncIterator[Desk]:
    async with house.client("projects", tenant, "administrator") as client:
        department = await register_department(client)
        yield Desk(client, (await register_staff(client, department["id"]))["id"])


@pytest.mark.clause("6.1", "8.2-5")
async def test_an_appointment_is_made_by_a_document_of_which_nothing_is_told_to_others(
    house: House, tenant: Tenant, desk: Desk
) -> None:
    refused = await desk.client.post("/v1/appointments", json=appointing(desk.handler, document=None))
    (objection,) = made(refused, 409)["objections"]
    assert (objection["code"], objection["clause"]) == ("document_missing", "8.2-5")
    answer = await desk.client.post("/v1/appointments", json=appointing(desk.handler))
    found = await desk.client.get(answer.headers["Location"])
    assert found.json() == made(answer, 201)
    assert (found.json()["state"], found.json()["document"]) == ("in_force", "人字〔2027〕3号")
    assert await told(house, tenant, found.json()["id"]) == ["appointment.made"]
    async with house.database("projects").connection() as (_, driver):
        await driver.execute(f"SET LOCAL app.provider_id = '{tenant.id}'")
        data = await driver.fetchval("SELECT data::text FROM journal WHERE subject = $1", UUID(found.json()["id"]))
    assert "人字" not in data


async def test_all_that_lacks_is_named_at_once(desk: Desk) -> None:
    body = appointing(str(new_id()), document=None, ends_on=today(-1))
    assert objected(await desk.client.post("/v1/appointments", json=body)) == [
        "not_employed",
        "document_missing",
        "out_of_order",
    ]


@pytest.mark.clause("6.1")
async def test_dedicated_duties_take_at_no_time_more_than_all_of_a_persons_time(desk: Desk) -> None:
    first = await appoint(desk.client, desk.handler, share=60, begins_on=today(10), ends_on=today(20))
    more = appointing(desk.handler, share=50, duty="quality")
    answer = await desk.client.post("/v1/appointments", json=more, headers={"Accept-Language": "zh-CN"})
    (objection,) = made(answer, 409)["objections"]
    assert objection["message"] == "加上该任命后，该员工的专职职责将占其工作时间的 110%。"
    await appoint(desk.client, desk.handler, share=50, duty="quality", ends_on=today(9))
    await appoint(desk.client, desk.handler, share=100, duty="first_aid", dedicated=False)
    await step(desk.client, f"appointments/{first['id']}", "end", cause="entered_by_mistake")
    await appoint(
        desk.client, desk.handler, share=50, duty="audit", begins_on=today(10)
    )  # what never was takes no time


async def test_of_two_appointments_at_once_that_are_too_much_together_one_is_refused(desk: Desk) -> None:
    bodies = [appointing(desk.handler, share=60, duty=duty) for duty in ("complaint_handling", "quality")]
    answers = await asyncio.gather(*(desk.client.post("/v1/appointments", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_nobody_appoints_themselves(house: House, tenant: Tenant, desk: Desk) -> None:
    own = house.person_token(tenant, UUID(desk.handler), "quality_manager")
    async with house.client_of("projects", own) as oneself:
        assert objected(await oneself.post("/v1/appointments", json=appointing(desk.handler))) == ["oneself"]
    async with house.client("projects", tenant, "quality_manager") as manager:
        await appoint(manager, desk.handler)


async def test_an_appointment_ends_on_a_day_that_has_come(house: House, tenant: Tenant, desk: Desk) -> None:
    appointment = await appoint(desk.client, desk.handler, begins_on=today(-10))
    address = f"/v1/appointments/{appointment['id']}/end"
    late = {"cause": "reassigned", "ended_on": today(2)}
    assert objected(await desk.client.post(address, json=late)) == ["end_in_future"]
    ended = made(await desk.client.post(address, json=late | {"ended_on": today(-3)}))
    assert (ended["state"], ended["ends_on"], ended["cause"]) == ("ended", today(-3), "reassigned")
    assert objected(await desk.client.post(address, json={"cause": "completed"})) == ["wrong_state"]
    assert await told(house, tenant, appointment["id"]) == ["appointment.made", "appointment.ended"]


async def test_an_agreed_term_ends_by_itself_after_its_last_day(house: House, tenant: Tenant, desk: Desk) -> None:
    appointment = await appoint(desk.client, desk.handler, ends_on=today(5))
    end = datetime.combine(date.fromisoformat(today(6)), time.min, UTC) - timedelta(hours=8)
    assert await fire(house, tenant, end - timedelta(seconds=1)) == 0
    assert await fire(house, tenant, end) == 1
    ended = made(await desk.client.get(f"/v1/appointments/{appointment['id']}"))
    assert (ended["state"], ended["ends_on"], ended["cause"]) == ("ended", today(5), "term_over")
    assert await fire(house, tenant, end + DAY) == 0


async def test_what_was_ended_before_its_term_does_not_end_again(house: House, tenant: Tenant, desk: Desk) -> None:
    appointment = await appoint(desk.client, desk.handler, ends_on=today(5))
    await step(desk.client, f"appointments/{appointment['id']}", "end", cause="completed", ended_on=today())
    assert await fire(house, tenant, datetime.now(UTC) + 9 * DAY) == 0


async def test_appointments_are_listed_by_person_duty_and_state(desk: Desk) -> None:
    one = await appoint(desk.client, desk.handler)
    other = await appoint(desk.client, desk.handler, duty="fire_safety", dedicated=False, share=5)
    await step(desk.client, f"appointments/{other['id']}", "end", cause="completed")

    async def listed(**query: str) -> list[str]:
        return [each["id"] for each in made(await desk.client.get("/v1/appointments", params=query))["items"]]

    assert await listed() == [other["id"], one["id"]]
    assert await listed(account_id=desk.handler, duty="complaint_handling") == [one["id"]]
    assert await listed(state="ended") == [other["id"]]
    assert await listed(dedicated="true") == [one["id"]]
