"""Departments, staff, trainings and appointments, made over HTTP as a client makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.ids import new_id
from chassis.jobs import Due, Timers
from chassis.sealing import Vault
from services.projects.app import SERVICE
from tests.make.complaints import Json, SetClock, made
from tests.make.house import House, Tenant

BEGUN_ON = datetime.now(UTC).date()


def today(days: int = 0) -> str:
    """The day on which these tests began, or one so many days later; by UTC, never ahead of the tests' providers."""
    return (BEGUN_ON + timedelta(days=days)).isoformat()


def tail() -> str:
    """A few characters that no other code has."""
    return new_id().hex[-12:]


async def register_department(client: httpx.AsyncClient, **changes: Any) -> Json:
    """A department, or a team by its kind and parent."""
    body = {"code": f"d-{tail()}", "name": "Service desk"} | changes
    return made(await client.post("/v1/departments", json=body), 201)


async def register_team(client: httpx.AsyncClient, department_id: str, **changes: Any) -> Json:
    """A team of a department."""
    return await register_department(client, kind="team", parent_id=department_id, name="First line", **changes)


async def change_department(client: httpx.AsyncClient, department: Json, **changes: Any) -> Json:
    """A department or team as it is after a change."""
    headers = {"If-Match": f'"{department["version"]}"'}
    return made(await client.patch(f"/v1/departments/{department['id']}", json=changes, headers=headers))


async def register_staff(client: httpx.AsyncClient, department_id: str, **changes: Any) -> Json:
    """A member of staff of a department, with an account of their own."""
    body = {"account_id": str(new_id()), "department_id": department_id, "post": "service-agent"} | changes
    return made(await client.post("/v1/staff", json=body), 201)


async def step(client: httpx.AsyncClient, record: str, name: str, **body: Any) -> Json:
    """A record after a step; `record` is its address below `/v1`."""
    return made(await client.post(f"/v1/{record}/{name}", json=body))


def planned(account_id: str, **changes: Any) -> Json:
    """A training to plan."""
    return {
        "account_id": account_id,
        "competence": "complaint_handling",
        "kind": "business",
        "course": "ISO 10002 for handlers",
        "planned_on": today(),
    } | changes


async def plan_training(client: httpx.AsyncClient, account_id: str, **changes: Any) -> Json:
    """A training that is planned."""
    return made(await client.post("/v1/trainings", json=planned(account_id, **changes)), 201)


def certificate(**changes: Any) -> Json:
    """From when to when a training qualifies, and what proves it; None takes a field away."""
    whole = {"valid_from": today(-1), "valid_until": today(365), "evidence": "PX-2027-014"} | changes
    return {name: value for name, value in whole.items() if value is not None}


async def passed_training(client: httpx.AsyncClient, account_id: str, assessor_id: str, **changes: Any) -> Json:
    """A training that was taken the day before yesterday, and passed."""
    training = await plan_training(client, account_id, **changes)
    address = f"trainings/{training['id']}"
    await step(client, address, "take", taken_on=today(-2))
    return await step(client, address, "pass", score=80, assessor_id=assessor_id)


async def qualify(client: httpx.AsyncClient, account_id: str, assessor_id: str, **validity: Any) -> Json:
    """A training of a member of staff that is valid."""
    training = await passed_training(client, account_id, assessor_id)
    return await step(client, f"trainings/{training['id']}", "certify", **certificate(**validity))


def appointing(account_id: str, **changes: Any) -> Json:
    """A dedicated appointment for complaints; None takes a field away."""
    whole = {
        "account_id": account_id,
        "duty": "complaint_handling",
        "dedicated": True,
        "share": 50,
        "begins_on": today(),
        "document": "人字〔2027〕3号",
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


async def appoint(client: httpx.AsyncClient, account_id: str, **changes: Any) -> Json:
    """An appointment in force."""
    return made(await client.post("/v1/appointments", json=appointing(account_id, **changes)), 201)


async def fire(house: House, tenant: Tenant, at: datetime) -> int:
    """Takes the steps of a provider's records that are due at an instant, as a worker does; says how many."""
    settings = house.settings("projects", database_pool_size=2)
    database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=SetClock(at))
    try:
        timers = Timers(database, SERVICE.timers)
        async with database.connection() as (_, driver):
            due = await driver.fetch(
                "SELECT clock, step, record FROM timer WHERE provider_id = $1 AND due_at <= $2",
                tenant.id,
                at,
            )
        return sum([await timers._fire(Due(tenant.id, row["clock"], row["step"], [row["record"]])) for row in due])
    finally:
        await database.close()


async def told(house: House, tenant: Tenant, record_id: str) -> list[str]:
    """What the journal has of a record, oldest first, without service and version."""
    async with house.database("projects").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        query = "SELECT type FROM journal WHERE provider_id = $1 AND subject = $2 ORDER BY version"
        rows = await work.driver.fetch(query, tenant.id, UUID(record_id))
    return [row["type"].removeprefix("projects.").removesuffix(".v1") for row in rows]
