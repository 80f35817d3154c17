"""Trainings: planned, taken, assessed by a colleague, certified for a time, and over when that is over."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.providers import keep_provider
from contracts.gateway import ProviderState
from services.projects.trainings.jobs import expire
from tests.make.complaints import Json, made, objected
from tests.make.house import House, Tenant
from tests.make.projects import (
    certificate,
    fire,
    passed_training,
    plan_training,
    planned,
    qualify,
    register_department,
    register_staff,
    step,
    today,
    told,
)

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Desk(NamedTuple):
    """Two colleagues, and whoever administers."""

    client: httpx.AsyncClient
    handler: str
    colleague: str


@pytest.fixture
async def desk(house: House, tenant: Tenant) -> AsyncIterator[Desk]:
    async with house.client("projects", tenant, "administrator") as client:
        department = await register_department(client)
        handler, colleague = [(await register_staff(client, department["id"]))["id"] for _ in range(2)]
        yield Desk(client, handler, colleague)


def over_in_shanghai(day: str) -> datetime:
    """The instant at which a day is over eight hours east of UTC."""
    return datetime.combine(date.fromisoformat(day) + DAY, time.min, UTC) - timedelta(hours=8)


async def read(desk: Desk, training: Json) -> Json:
    return made(await desk.client.get(f"/v1/trainings/{training['id']}"))


@pytest.mark.feature("P4")
@pytest.mark.clause("5.2")
async def test_a_training_leads_from_its_plan_to_a_qualification(house: House, tenant: Tenant, desk: Desk) -> None:
    training = await plan_training(desk.client, desk.handler)
    assert (training["state"], training["attempt"], training["pass_mark"]) == ("planned", 1, 60)
    address = f"trainings/{training['id']}"
    taken = await step(desk.client, address, "take", taken_on=today(-2))
    assert (taken["state"], taken["taken_on"]) == ("taken", today(-2))
    lacks = {one["step"]: [lack["code"] for lack in one["lacks"]] for one in taken["open_steps"]}
    assert lacks["pass"] == ["score_missing", "assessor_missing"]
    passed = await step(desk.client, address, "pass", score=85, assessor_id=desk.colleague)
    assert (passed["state"], passed["score"], passed["assessor_id"]) == ("passed", 85, desk.colleague)
    refused = await desk.client.post(f"/v1/{address}/certify", json={})
    assert objected(refused) == ["evidence_missing", "validity_missing"]
    valid = await step(desk.client, address, "certify", **certificate())
    assert (valid["state"], valid["valid_until"], valid["evidence"]) == ("valid", today(365), "PX-2027-014")
    assert await told(house, tenant, training["id"]) == [
        "training.planned",
        "training.taken",
        "training.passed",
        "training.gained",
    ]


@pytest.mark.feature("P4")
async def test_a_training_that_was_failed_is_taken_once_more(house: House, tenant: Tenant, desk: Desk) -> None:
    training = await plan_training(desk.client, desk.handler, pass_mark=80)
    address = f"trainings/{training['id']}"
    await step(desk.client, address, "take", taken_on=today(-2))
    result = {"score": 79, "assessor_id": desk.colleague}
    assert objected(await desk.client.post(f"/v1/{address}/pass", json=result)) == ["score_too_low"]
    assert (await step(desk.client, address, "fail", **result))["state"] == "failed"
    again = await step(desk.client, address, "retake", planned_on=today(5))
    assert (again["state"], again["attempt"], again["score"], again["taken_on"]) == ("planned", 2, None, None)
    await step(desk.client, address, "take")
    assert objected(await desk.client.post(f"/v1/{address}/fail", json=result | {"score": 80})) == ["score_enough"]
    assert (await step(desk.client, address, "pass", **result | {"score": 80}))["score"] == 80
    async with house.database("projects").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        query = "SELECT data->>'score' FROM journal WHERE provider_id = $1 AND subject = $2 ORDER BY version"
        scores = [row[0] for row in await work.driver.fetch(query, tenant.id, UUID(training["id"]))]
    assert scores == [None, None, "79", None, None, "80"], "what each attempt came to stays"


@pytest.mark.feature("P4")
async def test_an_assessor_is_a_colleague_and_nobody_records_their_own_result(
    house: House, tenant: Tenant, desk: Desk
) -> None:
    training = await plan_training(desk.client, desk.handler)
    address = f"/v1/trainings/{training['id']}"
    made(await desk.client.post(f"{address}/take", json={}))
    for assessor, code in ((desk.handler, "assessor_oneself"), (str(new_id()), "assessor_unfit")):
        answer = await desk.client.post(f"{address}/pass", json={"score": 80, "assessor_id": assessor})
        assert objected(answer) == [code]
    body = {"score": 80, "assessor_id": desk.colleague}
    own = house.person_token(tenant, UUID(desk.handler), "department_head")
    async with house.client_of("projects", own) as oneself:
        assert objected(await oneself.post(f"{address}/pass", json=body)) == ["own_training"]
    other = house.person_token(tenant, UUID(desk.colleague), "department_head")
    async with house.client_of("projects", other) as colleague:
        assert made(await colleague.post(f"{address}/pass", json=body))["state"] == "passed"


@pytest.mark.feature("P4")
@pytest.mark.clause("5.2")
async def test_a_qualification_expires_when_its_last_day_is_over_in_the_providers_zone_and_once(
    house: House, tenant: Tenant, desk: Desk
) -> None:
    training = await qualify(desk.client, desk.handler, desk.colleague, valid_until=today(10))
    end = over_in_shanghai(today(10))
    assert await fire(house, tenant, end - SECOND) == 0
    assert (await read(desk, training))["state"] == "valid"
    assert await fire(house, tenant, end) == 1
    expired = await read(desk, training)
    assert (expired["state"], expired["open_steps"]) == ("expired", [])
    assert await fire(house, tenant, end + DAY) == 0
    async with house.database("projects").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await expire(work, UUID(training["id"]), "expire")  # as if its timer came twice
    assert (await read(desk, training))["version"] == expired["version"]
    assert (await told(house, tenant, training["id"]))[-1] == "training.expired"


async def test_a_provider_that_moves_to_another_zone_keeps_the_day_and_not_the_hour(
    house: House, tenant: Tenant, desk: Desk
) -> None:
    training = await qualify(desk.client, desk.handler, desk.colleague, valid_until=today(10))
    moved = ProviderState(
        provider_id=tenant.id, slug=tenant.slug, name="示范供方", time_zone="UTC", language="en", working_hours={}
    )
    async with house.database("projects").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await keep_provider(work, moved, 2)
    end = over_in_shanghai(today(10))
    assert await fire(house, tenant, end) == 1
    assert (await read(desk, training))["state"] == "valid", "the day is not over in the new zone"
    assert await fire(house, tenant, end + timedelta(hours=8)) == 1
    assert (await read(desk, training))["state"] == "expired"


async def test_what_was_withdrawn_does_not_expire(house: House, tenant: Tenant, desk: Desk) -> None:
    training = await qualify(desk.client, desk.handler, desk.colleague, valid_until=today(10))
    withdrawn = await step(desk.client, f"trainings/{training['id']}", "withdraw", cause="evidence_refuted")
    assert (withdrawn["state"], withdrawn["cause"], withdrawn["open_steps"]) == ("withdrawn", "evidence_refuted", [])
    assert await fire(house, tenant, over_in_shanghai(today(11))) == 0
    assert (await told(house, tenant, training["id"]))[-1] == "training.withdrawn"


async def test_only_who_works_for_the_provider_is_trained(desk: Desk) -> None:
    assert objected(await desk.client.post("/v1/trainings", json=planned(str(new_id())))) == ["not_employed"]
    await step(desk.client, f"staff/{desk.handler}", "leave")
    assert objected(await desk.client.post("/v1/trainings", json=planned(desk.handler))) == ["not_employed"]


async def test_trainings_are_listed_by_person_competence_kind_and_state(desk: Desk) -> None:
    valid = await qualify(desk.client, desk.handler, desk.colleague)
    law = await plan_training(desk.client, desk.handler, kind="law", competence="consumer_law")
    other = await passed_training(desk.client, desk.colleague, desk.handler)

    async def listed(**query: str) -> list[str]:
        return [one["id"] for one in made(await desk.client.get("/v1/trainings", params=query))["items"]]

    assert await listed() == [other["id"], law["id"], valid["id"]]
    assert await listed(account_id=desk.handler, kind="law") == [law["id"]]
    assert await listed(competence="complaint_handling", state="valid") == [valid["id"]]
