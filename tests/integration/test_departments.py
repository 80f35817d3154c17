"""Departments and teams: who heads them, what belongs to them, and how they end."""

from collections.abc import AsyncIterator

import httpx
import pytest

from chassis.ids import new_id
from tests.make.complaints import made, objected
from tests.make.house import House, Tenant
from tests.make.projects import change_department, register_department, register_staff, register_team, step, told


@pytest.fixture
async def administrator(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("projects", tenant, "administrator") as client:
        yield client


async def test_a_department_is_found_where_the_answer_says(administrator: httpx.AsyncClient) -> None:
    answer = await administrator.post("/v1/departments", json={"code": "desk", "name": "服务台"})
    found = await administrator.get(answer.headers["Location"])
    assert found.json() == answer.json()
    assert found.headers["ETag"] == answer.headers["ETag"] == '"1"'
    assert (found.json()["kind"], found.json()["state"]) == ("department", "active")


async def test_two_units_cannot_have_one_code(administrator: httpx.AsyncClient) -> None:
    await register_department(administrator, code="desk")
    answer = await administrator.post("/v1/departments", json={"code": "desk", "name": "Desk"})
    assert made(answer, 409)["detail"] == "Another department or team has this code."


@pytest.mark.clause("6.1")
async def test_a_team_belongs_to_a_department_of_this_provider(
    house: House, administrator: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    async with house.client("projects", other_tenant, "administrator") as stranger:
        foreign = await register_department(stranger)
    body = {"code": "first-line", "kind": "team", "name": "First line"}
    assert objected(await administrator.post("/v1/departments", json=body)) == ["parent_missing"]
    for parent in (foreign["id"], str(new_id())):
        answer = await administrator.post("/v1/departments", json=body | {"parent_id": parent})
        assert objected(answer) == ["parent_unfit"]
    department = await register_department(administrator)
    team = await register_team(administrator, department["id"])
    assert team["parent_id"] == department["id"]
    answer = await administrator.post("/v1/departments", json=body | {"parent_id": team["id"]})
    assert objected(answer) == ["parent_unfit"], "a team has no teams"


@pytest.mark.clause("6.1")
async def test_a_head_is_named_changed_and_taken_away(
    house: House, tenant: Tenant, administrator: httpx.AsyncClient
) -> None:
    department = await register_department(administrator)
    headers = {"If-Match": '"1"'}
    address = f"/v1/departments/{department['id']}"
    refused = await administrator.patch(address, json={"head_id": str(new_id())}, headers=headers)
    assert objected(refused) == ["head_unfit"]
    head = await register_staff(administrator, department["id"])
    department = await change_department(administrator, department, head_id=head["id"])
    assert department["head_id"] == head["id"]
    department = await change_department(administrator, department, name="Service centre")
    assert (department["head_id"], department["version"]) == (head["id"], 3), "what is not named stays"
    department = await change_department(administrator, department, name="Service centre")
    assert department["version"] == 3, "nothing has changed"
    department = await change_department(administrator, department, head_id=None)
    assert department["head_id"] is None
    assert await told(house, tenant, department["id"]) == ["department.registered", *["department.changed"] * 3]


@pytest.mark.clause("6.1")
async def test_those_who_work_in_a_team_go_along_with_it_to_another_department(
    house: House, tenant: Tenant, administrator: httpx.AsyncClient
) -> None:
    desk, lab = [await register_department(administrator) for _ in range(2)]
    team = await register_team(administrator, desk["id"])
    people = [await register_staff(administrator, desk["id"], team_id=team["id"]) for _ in range(2)]
    beside = await register_staff(administrator, desk["id"])
    gone = await register_staff(administrator, desk["id"], team_id=team["id"])
    await step(administrator, f"staff/{gone['id']}", "leave")
    assert (await change_department(administrator, team, parent_id=lab["id"]))["parent_id"] == lab["id"]
    for person, department in ((people[0], lab), (people[1], lab), (beside, desk), (gone, desk)):
        shown = made(await administrator.get(f"/v1/staff/{person['id']}"))
        assert shown["department_id"] == department["id"]
    assert await told(house, tenant, people[0]["id"]) == ["staff.registered", "staff.changed"]
    assert await told(house, tenant, beside["id"]) == ["staff.registered"]


async def test_a_change_needs_the_version_that_was_seen(administrator: httpx.AsyncClient) -> None:
    department = await register_department(administrator)
    address = f"/v1/departments/{department['id']}"
    await change_department(administrator, department, name="Another")
    assert (await administrator.patch(address, json={"name": "X"})).status_code == 428
    stale = await administrator.patch(address, json={"name": "X"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"2"')


@pytest.mark.clause("6.1")
async def test_a_department_is_retired_when_nobody_belongs_to_it_any_more(administrator: httpx.AsyncClient) -> None:
    department = await register_department(administrator)
    team = await register_team(administrator, department["id"])
    person = await register_staff(administrator, department["id"], team_id=team["id"])
    address = f"/v1/departments/{department['id']}"
    assert objected(await administrator.post(f"{address}/retire")) == ["has_staff", "has_teams"]
    assert objected(await administrator.post(f"/v1/departments/{team['id']}/retire")) == ["has_staff"]
    shown = made(await administrator.get(address))["open_steps"]
    lacks = {one["step"]: [lack["code"] for lack in one["lacks"]] for one in shown}
    assert lacks == {"change": [], "retire": ["has_staff", "has_teams"]}
    await step(administrator, f"staff/{person['id']}", "leave")
    await step(administrator, f"departments/{team['id']}", "retire")
    retired = await step(administrator, f"departments/{department['id']}", "retire")
    assert (retired["state"], retired["open_steps"]) == ("retired", [])
    body = {"account_id": str(new_id()), "department_id": department["id"], "post": "agent"}
    assert objected(await administrator.post("/v1/staff", json=body)) == ["department_unfit"]


async def test_departments_are_listed_by_kind_state_and_department(administrator: httpx.AsyncClient) -> None:
    desk, lab = [await register_department(administrator, code=code) for code in ("desk", "lab")]
    team = await register_team(administrator, desk["id"], code="first-line")
    await step(administrator, f"departments/{lab['id']}", "retire")

    async def listed(**query: str) -> list[str]:
        page = made(await administrator.get("/v1/departments", params=query))
        return [one["code"] for one in page["items"]]

    assert await listed() == ["lab", "first-line", "desk"], "the last changed comes first"
    assert await listed(sort="code") == ["desk", "first-line", "lab"]
    assert await listed(state="active", kind="department") == ["desk"]
    assert await listed(parent_id=desk["id"]) == [team["code"]]


async def test_a_reader_sees_what_it_may_not_do(house: House, tenant: Tenant, administrator: httpx.AsyncClient) -> None:
    department = await register_department(administrator)
    async with house.client("projects", tenant, "reader") as reader:
        seen = made(await reader.get(f"/v1/departments/{department['id']}"))
        assert (await reader.post("/v1/departments", json={"code": "x", "name": "X"})).status_code == 403
    assert {one["lacks"][0]["code"] for one in seen["open_steps"]} == {"not_permitted"}
