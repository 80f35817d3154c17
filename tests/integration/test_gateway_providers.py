"""Providers at the gateway: registered by the operator, kept by themselves, told to every service."""

import asyncio
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from tests.make.broker import until_async
from tests.make.edge import HOURS, Edge, Machine, gateway
from tests.make.house import House


async def test_a_provider_is_registered_with_all_that_it_says_of_itself(edge: Edge) -> None:
    slug = f"p-{new_id().hex[-12:]}"
    made = await edge.register(slug=slug, name="  Example 服务  ", language="en")
    assert made.status_code == 201
    body = made.json()
    assert made.headers["Location"] == f"/v1/providers/{body['id']}"
    assert made.headers["ETag"] == '"1"'
    assert UUID(body["id"]).version == 7
    assert {key: body[key] for key in ("slug", "name", "time_zone", "language", "working_hours", "version")} == {
        "slug": slug,
        "name": "Example 服务",
        "time_zone": "Asia/Shanghai",
        "language": "en",
        "working_hours": HOURS,
        "version": 1,
    }
    assert (await edge.ask("GET", made.headers["Location"], edge.operator_key)).json() == body


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"slug": "A"}, "/slug", "string_pattern_mismatch"),
        ({"slug": "a"}, "/slug", "string_pattern_mismatch"),
        ({"slug": "-ab"}, "/slug", "string_pattern_mismatch"),
        ({"slug": "a" * 64}, "/slug", "string_pattern_mismatch"),
        ({"name": " "}, "/name", "invisible"),
        ({"time_zone": "Asia/Atlantis"}, "/time_zone", "time_zone_unknown"),
        ({"language": "fr"}, "/language", "literal_error"),
        ({"working_hours": {"monday": [["12:00", "09:00"]]}}, "/working_hours", "working_hours_faulty"),
        ({"working_hours": {"someday": []}}, "/working_hours/someday/[key]", "literal_error"),
        ({"surprise": 1}, "/surprise", "extra_forbidden"),
    ],
)
async def test_a_faulty_profile_is_refused_and_says_where(
    edge: Edge, changes: dict[str, object], pointer: str, code: str
) -> None:
    refused = await edge.register(**changes)
    assert refused.status_code == 422
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]


async def test_a_short_name_is_taken_once_also_by_two_at_the_same_time(edge: Edge) -> None:
    slug = f"p-{new_id().hex[-12:]}"
    answers = await asyncio.gather(*(edge.register(slug=slug) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["detail"] == "Another provider has this short name."


async def test_a_registration_repeated_with_its_key_has_one_effect(edge: Edge) -> None:
    body = {"slug": f"p-{new_id().hex[-12:]}", "name": "P", "time_zone": "UTC", "language": "en", "working_hours": {}}
    key = {"Idempotency-Key": str(uuid4())}
    first, second = [
        await edge.ask("POST", "/v1/providers", edge.operator_key, json=body, headers=key) for _ in range(2)
    ]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    other = await edge.ask("POST", "/v1/providers", edge.operator_key, json=body | {"name": "Q"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:surety:problem:key_reused")


async def test_a_profile_is_changed_by_its_administrator_at_the_version_that_was_seen(
    edge: Edge, administrator: Machine
) -> None:
    path = f"/v1/providers/{administrator.provider_id}"
    changed = await edge.ask(
        "PATCH", path, administrator.key, json={"name": "新名称", "working_hours": {}}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert (changed.json()["name"], changed.json()["working_hours"]) == ("新名称", {})
    assert changed.json()["time_zone"] == "Asia/Shanghai"
    stale = await edge.ask("PATCH", path, administrator.key, json={"name": "X"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"2"')
    blind = await edge.ask("PATCH", path, administrator.key, json={"name": "X"})
    assert blind.status_code == 428
    garbled = await edge.ask("PATCH", path, administrator.key, json={"name": "X"}, headers={"If-Match": "2"})
    assert garbled.status_code == 422
    assert (await edge.ask("GET", path, administrator.key)).json()["name"] == "新名称"


async def test_the_operator_changes_a_profile_and_a_change_to_the_same_is_none(
    edge: Edge, administrator: Machine
) -> None:
    path = f"/v1/providers/{administrator.provider_id}"
    same = await edge.ask("PATCH", path, edge.operator_key, json={"name": "示范供方"}, headers={"If-Match": '"1"'})
    assert (same.status_code, same.json()["version"]) == (200, 1)
    other = await edge.ask("PATCH", path, edge.operator_key, json={"time_zone": "UTC"}, headers={"If-Match": '"1"'})
    assert (other.status_code, other.json()["version"]) == (200, 2)


async def test_the_short_name_stays(edge: Edge, administrator: Machine) -> None:
    path = f"/v1/providers/{administrator.provider_id}"
    refused = await edge.ask("PATCH", path, edge.operator_key, json={"slug": "other"}, headers={"If-Match": '"1"'})
    assert refused.status_code == 422


async def test_another_provider_s_people_see_no_profile(edge: Edge, administrator: Machine) -> None:
    stranger = await edge.administrator()
    path = f"/v1/providers/{administrator.provider_id}"
    for answer in (
        await edge.ask("GET", path, stranger.key),
        await edge.ask("PATCH", path, stranger.key, json={"name": "Mine"}, headers={"If-Match": '"1"'}),
        await edge.ask("GET", f"/v1/providers/{uuid4()}", stranger.key),
        await edge.ask("GET", f"/v1/providers/{uuid4()}", edge.operator_key),
    ):
        assert answer.status_code == 404
    assert (await edge.ask("GET", path, administrator.key)).json()["name"] == "示范供方"


async def test_only_the_operator_registers_and_lists_providers(edge: Edge, administrator: Machine) -> None:
    assert (await edge.ask("GET", "/v1/providers", administrator.key)).status_code == 403
    assert (await edge.ask("GET", "/v1/providers")).status_code == 401
    assert (await edge.ask("POST", "/v1/providers", administrator.key, json={})).status_code == 403


async def test_the_list_of_providers_has_each_once_over_its_pages(edge: Edge) -> None:
    made = {(await edge.register()).json()["id"] for _ in range(5)}
    seen: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        page = (await edge.ask("GET", "/v1/providers", edge.operator_key, params=query)).json()
        seen += [item["id"] for item in page["items"]]
        slugs = [item["slug"] for item in page["items"]]
        assert slugs == sorted(slugs)
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


async def test_what_changed_lately_is_found_again(edge: Edge, administrator: Machine) -> None:
    path = f"/v1/providers/{administrator.provider_id}"
    changed = await edge.ask("PATCH", path, edge.operator_key, json={"name": "N"}, headers={"If-Match": '"1"'})
    since = {"updated_since": changed.json()["updated_at"], "sort": "-updated_at"}
    page = (await edge.ask("GET", "/v1/providers", edge.operator_key, params=since)).json()
    found = {item["id"]: (item["name"], item["version"]) for item in page["items"]}
    assert found[str(administrator.provider_id)] == ("N", 2)


async def test_a_provider_reaches_every_service_by_event(new_house: House) -> None:
    house = new_house
    async with gateway(house.servers, worker="on") as edge:
        made = (await edge.register(language="en")).json()

        async def known(service: str, name: str) -> bool:
            async with house.database(service).connection() as (_, driver):
                state = await driver.fetchval("SELECT state->>'name' FROM provider WHERE id = $1", UUID(made["id"]))
            return bool(state == name)

        for service in house.apps:
            await until_async(lambda service=service: known(service, "示范供方"))  # type: ignore[misc]
        changed = {"name": "Renamed"}
        path = f"/v1/providers/{made['id']}"
        await edge.ask("PATCH", path, edge.operator_key, json=changed, headers={"If-Match": '"1"'})
        for service in house.apps:
            await until_async(lambda service=service: known(service, "Renamed"))  # type: ignore[misc]
