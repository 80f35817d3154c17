"""Members of staff: where they work, who stands in, and that nobody leaves who is still needed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chassis.ids import new_id
from tests.make.complaints import Json, faulted, made, objected
from tests.make.house import House, Tenant
from tests.make.projects import (
    appoint,
    change_department,
    register_department,
    register_staff,
    register_team,
    step,
    today,
    told,
)


@pytest.fixture
async def administrator(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("projects", tenant, "administrator") as client:
        yield client


@pytest.fixture
async def department(administrator: httpx.AsyncClient) -> Json:
    return await register_department(administrator)


async def change(client: httpx.AsyncClient, person: Json, **changes: Any) -> httpx.Response:
    headers = {"If-Match": f'"{person["version"]}"'}
    return await client.patch(f"/v1/staff/{person['id']}", json=changes, headers=headers)


@pytest.mark.clause("6.1")
async def test_a_person_is_a_member_of_staff_by_their_account_and_only_once(
    administrator: httpx.AsyncClient, department: Json
) -> None:
    account_id = str(new_id())
    person = await register_staff(administrator, department["id"], account_id=account_id)
    assert (person["id"], person["state"]) == (account_id, "employed")
    assert made(await administrator.get(f"/v1/staff/{account_id}")) == person
    body = {"account_id": account_id, "department_id": department["id"], "post": "agent"}
    again = await administrator.post("/v1/staff", json=body, headers={"Accept-Language": "zh-CN"})
    assert made(again, 409)["detail"] == "此人已登记为员工。"


@pytest.mark.clause("6.1")
async def test_a_staff_number_is_one_person_s_own_also_after_they_left(
    house: House, administrator: httpx.AsyncClient, department: Json, other_tenant: Tenant
) -> None:
    first = await register_staff(administrator, department["id"], staff_number="0012")
    second = await register_staff(administrator, department["id"])
    assert (first["staff_number"], second["staff_number"]) == ("0012", None)
    await step(administrator, f"staff/{first['id']}", "leave")
    body = {"account_id": str(new_id()), "department_id": department["id"], "post": "agent", "staff_number": "0012"}
    headers = {"Accept-Language": "zh-CN"}
    taken = made(await administrator.post("/v1/staff", json=body, headers=headers), 409)
    assert taken["detail"] == "该工号已由其他员工使用或曾使用。"
    assert (await change(administrator, second, staff_number="0012")).status_code == 409
    assert faulted(await change(administrator, second, staff_number="a 12")) == [("/staff_number", "pattern")]
    async with house.client("projects", other_tenant, "administrator") as other:
        elsewhere = await register_department(other)
        assert (await register_staff(other, elsewhere["id"], staff_number="0012"))["staff_number"] == "0012"


@pytest.mark.clause("6.1")
async def test_a_staff_number_is_given_changed_and_given_up(administrator: httpx.AsyncClient, department: Json) -> None:
    person = await register_staff(administrator, department["id"])
    given = made(await change(administrator, person, staff_number="GS-0012"))
    assert (given["staff_number"], given["version"]) == ("GS-0012", 2)
    kept = made(await change(administrator, given, post="team-lead"))
    assert (kept["staff_number"], kept["version"]) == ("GS-0012", 3)
    assert made(await change(administrator, kept, staff_number=None))["staff_number"] is None


async def test_one_account_may_work_for_two_providers(
    house: House, administrator: httpx.AsyncClient, department: Json, other_tenant: Tenant
) -> None:
    person = await register_staff(administrator, department["id"])
    async with house.client("projects", other_tenant, "administrator") as other:
        assert (await other.get(f"/v1/staff/{person['id']}")).status_code == 404
        elsewhere = await register_department(other)
        assert (await register_staff(other, elsewhere["id"], account_id=person["id"]))["version"] == 1


@pytest.mark.clause("6.1")
async def test_a_team_is_one_of_the_department(administrator: httpx.AsyncClient, department: Json) -> None:
    other = await register_department(administrator)
    team = await register_team(administrator, other["id"])
    body = {"account_id": str(new_id()), "post": "agent", "team_id": team["id"]}
    answer = await administrator.post("/v1/staff", json=body | {"department_id": department["id"]})
    assert objected(answer) == ["team_unfit"]
    answer = await administrator.post("/v1/staff", json=body | {"department_id": str(new_id())})
    assert objected(answer) == ["department_unfit", "team_unfit"]
    assert (await register_staff(administrator, other["id"], team_id=team["id"]))["team_id"] == team["id"]


async def test_whoever_moves_to_another_department_leaves_the_team(
    house: House, tenant: Tenant, administrator: httpx.AsyncClient, department: Json
) -> None:
    team = await register_team(administrator, department["id"])
    other = await register_department(administrator)
    person = await register_staff(administrator, department["id"], team_id=team["id"])
    person = made(await change(administrator, person, post="service-lead"))
    assert (person["team_id"], person["post"]) == (team["id"], "service-lead")
    assert objected(await change(administrator, person, department_id=other["id"], team_id=team["id"])) == [
        "team_unfit"
    ]
    person = made(await change(administrator, person, department_id=other["id"]))
    assert (person["department_id"], person["team_id"]) == (other["id"], None)
    person = made(await change(administrator, person, department_id=department["id"], team_id=team["id"]))
    person = made(await change(administrator, person, team_id=None))
    assert (person["department_id"], person["team_id"]) == (department["id"], None)
    assert made(await change(administrator, person, post="service-lead"))["version"] == person["version"]
    assert await told(house, tenant, person["id"]) == ["staff.registered", *["staff.changed"] * 4]


@pytest.mark.clause("6.1")
async def test_an_absence_names_who_stands_in_and_is_ended(
    house: House, tenant: Tenant, administrator: httpx.AsyncClient, department: Json
) -> None:
    person, backup, third = [await register_staff(administrator, department["id"]) for _ in range(3)]
    away = {"absent_from": today(1), "absent_until": today(8), "backup_id": backup["id"]}
    absent = await step(administrator, f"staff/{person['id']}", "record-absence", **away)
    assert {name: absent[name] for name in away} == away
    mine = {"absent_from": today(8), "absent_until": today(9), "backup_id": person["id"]}
    refused = await administrator.post(f"/v1/staff/{third['id']}/record-absence", json=mine)
    assert objected(refused) == ["backup_away"]
    later = away | {"absent_until": today(20), "backup_id": third["id"]}
    absent = await step(administrator, f"staff/{person['id']}", "record-absence", **later)
    assert absent["backup_id"] == third["id"], "the later record takes the place of the one before"
    back = await step(administrator, f"staff/{person['id']}", "end-absence")
    assert {back[name] for name in away} == {None}
    assert objected(await administrator.post(f"/v1/staff/{person['id']}/end-absence")) == ["not_absent"]
    assert await told(house, tenant, person["id"]) == [
        "staff.registered",
        "staff.absence_recorded",
        "staff.absence_recorded",
        "staff.absence_ended",
    ]


async def test_two_who_stand_in_for_each_other_at_the_same_time_do_not_both_go(
    administrator: httpx.AsyncClient, department: Json
) -> None:
    one, other = [await register_staff(administrator, department["id"]) for _ in range(2)]
    days = {"absent_from": today(1), "absent_until": today(3)}
    answers = await asyncio.gather(
        administrator.post(f"/v1/staff/{one['id']}/record-absence", json=days | {"backup_id": other["id"]}),
        administrator.post(f"/v1/staff/{other['id']}/record-absence", json=days | {"backup_id": one["id"]}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.clause("6.1")
async def test_nobody_leaves_who_is_still_needed_and_who_has_left_may_come_back(
    house: House, tenant: Tenant, administrator: httpx.AsyncClient, department: Json
) -> None:
    person, other = [await register_staff(administrator, department["id"]) for _ in range(2)]
    headed = await change_department(administrator, department, head_id=person["id"])
    away = {"absent_from": today(1), "absent_until": today(8), "backup_id": person["id"]}
    await step(administrator, f"staff/{other['id']}", "record-absence", **away)
    appointment = await appoint(administrator, person["id"])
    address = f"staff/{person['id']}"
    assert objected(await administrator.post(f"/v1/{address}/leave")) == ["heads", "stands_in", "appointed"]
    await change_department(administrator, headed, head_id=None)
    await step(administrator, f"staff/{other['id']}", "end-absence")
    await step(administrator, f"appointments/{appointment['id']}", "end", cause="resigned")
    left = await step(administrator, address, "leave")
    assert left["state"] == "left"
    assert [one["step"] for one in left["open_steps"]] == ["rejoin"]
    again = {"department_id": department["id"], "post": "service-lead"}
    assert (await step(administrator, address, "rejoin", **again))["state"] == "employed"
    assert await told(house, tenant, person["id"]) == ["staff.registered", "staff.left", "staff.rejoined"]


async def test_staff_are_listed_by_department_team_and_state(
    administrator: httpx.AsyncClient, department: Json
) -> None:
    team = await register_team(administrator, department["id"])
    one = await register_staff(administrator, department["id"], team_id=team["id"])
    other = await register_staff(administrator, department["id"])
    await step(administrator, f"staff/{other['id']}", "leave")

    async def listed(**query: str) -> list[str]:
        return [person["id"] for person in made(await administrator.get("/v1/staff", params=query))["items"]]

    assert await listed() == [other["id"], one["id"]]
    assert await listed(department_id=department["id"], state="employed") == [one["id"]]
    assert await listed(team_id=team["id"]) == [one["id"]]
    assert await listed(department_id=team["id"]) == []


async def test_a_head_of_department_records_absences_and_registers_nobody(
    house: House, tenant: Tenant, administrator: httpx.AsyncClient, department: Json
) -> None:
    person, backup = [await register_staff(administrator, department["id"]) for _ in range(2)]
    away = {"absent_from": today(1), "absent_until": today(8), "backup_id": backup["id"]}
    body = {"account_id": str(new_id()), "department_id": department["id"], "post": "agent"}
    async with house.client("projects", tenant, "department_head") as head:
        await step(head, f"staff/{person['id']}", "record-absence", **away)
        assert (await head.post("/v1/staff", json=body)).status_code == 403
        assert (await head.post(f"/v1/staff/{person['id']}/leave")).status_code == 403
